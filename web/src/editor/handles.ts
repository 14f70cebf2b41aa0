/** The handles of the selected feature: corners to move, middles of walls that become corners, and a camera's heading. */

import L from "leaflet";

import type { Point } from "../core/protocol.js";
import { at, set, type Feature } from "../drawing/document.js";
import type { Sheet } from "../drawing/shapes.js";
import { bearing } from "../drawing/snap.js";
import type { Editing } from "./editing.js";

/** Metres from a camera to the handle that turns it. */
const ARM = 5;

/** Show the handles of a feature on a layer. `place` returns where a dropped handle belongs. */
export function handles(layer: L.LayerGroup, feature: Feature, sheet: Sheet, editing: Editing, place: (where: L.LatLng) => Point): void {
  const points = sheet.metres(feature);
  const [first] = points;
  if (!first) return;
  if (feature.geometry.type === "Point") {
    if (feature.properties.type === "camera") turner(layer, feature, first, editing);
    return;
  }
  const reshape = (corners: readonly Point[]): void => editing.move(at(feature, corners.map(sheet.projection.toDegrees)));
  const closed = feature.geometry.type === "Polygon";
  points.forEach((point, index) => {
    const corner = knob(point, "corner", "Drag to move this corner. Right-click to remove it.").addTo(layer);
    corner.on("dragend", () => reshape(points.map((one, other) => (other === index ? place(corner.getLatLng()) : one))));
    corner.on("contextmenu", () => {
      if (points.length > (closed ? 3 : 2)) reshape(points.filter((_, other) => other !== index));
    });
    const next = points[index + 1] ?? (closed ? first : undefined);
    if (!next) return;
    const middle = knob([(point[0] + next[0]) / 2, (point[1] + next[1]) / 2], "middle", "Drag to add a corner.").addTo(layer);
    middle.on("dragend", () => reshape([...points.slice(0, index + 1), place(middle.getLatLng()), ...points.slice(index + 1)]));
  });
}

/** Show the handle that turns a camera. Its cone turns with it. */
function turner(layer: L.LayerGroup, feature: Feature, [x, y]: Point, editing: Editing): void {
  const radians = (Number(feature.properties["heading"]) * Math.PI) / 180;
  const turn = knob([x + ARM * Math.sin(radians), y + ARM * Math.cos(radians)], "turn", "Drag to turn the camera.").addTo(layer);
  turn.on("dragend", () => {
    const { lat, lng } = turn.getLatLng();
    const heading = Math.round(bearing([x, y], [lng, lat])) % 360;
    if (editing.document) editing.edit(set(editing.document, feature.id, "heading", heading), `${feature.id} heading`);
  });
  turn.on("drag", () => {
    const { lat, lng } = turn.getLatLng();
    editing.aim({ camera: feature.id, heading: bearing([x, y], [lng, lat]) });
  });
}

function knob([x, y]: Point, className: string, title: string): L.Marker {
  const size = className === "middle" ? 10 : 14;
  const icon = L.divIcon({ html: "", className: `knob ${className}`, iconSize: [size, size] });
  return L.marker([y, x], { icon, draggable: true, keyboard: false, title, zIndexOffset: 2000 });
}
