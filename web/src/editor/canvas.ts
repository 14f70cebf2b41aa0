/** The drawing of one sheet: everything on it can be selected, moved and turned, and the tools add to it. North is up. */

import L from "leaflet";
import leafletStyles from "leaflet/dist/leaflet.css?inline";
import { LitElement, html, unsafeCSS, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { ChangeObserver } from "../app/observer.js";
import type { Point } from "../core/protocol.js";
import { at, called, onSheet, textOf, type Feature } from "../drawing/document.js";
import { Sheet } from "../drawing/shapes.js";
import { SNAP_PIXELS, type Snapped } from "../drawing/snap.js";
import { signOf } from "../drawing/signs.js";
import { extent, fittingLabel, latLng, viewWedge } from "../ui/cameras/plan-drawing.js";
import { base } from "../ui/styles.js";
import { canvasStyles } from "./canvas-styles.js";
import type { Editing } from "./editing.js";
import { handles } from "./handles.js";
import { Pen } from "./pen.js";

@customElement("sl-plan-canvas")
export class PlanCanvas extends LitElement {
  static override styles = [base, unsafeCSS(leafletStyles), canvasStyles];

  @property({ attribute: false }) editing!: Editing;
  #map: L.Map | null = null;
  #sheet: Sheet | null = null;
  readonly #drawn = L.layerGroup();
  readonly #handles = L.layerGroup();
  readonly #preview = L.layerGroup();
  #pen!: Pen;
  /** Functions that write the rooms' labels, given the pixels per metre. */
  #words: ((scale: number) => void)[] = [];
  /** Functions that turn a camera's drawn cone while its handle is being dragged. */
  readonly #aimed = new Map<string, (heading: number) => void>();
  #shownFloor: string | null | undefined;
  #fitted = false;
  readonly #resized = new ResizeObserver(() => {
    this.#map?.invalidateSize({ animate: false });
    if (!this.#fitted) this.fit();
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.#pen = new Pen(this.editing);
    new ChangeObserver(this, this.editing);
    this.editing.addEventListener("aimed", () => {
      const { aimed } = this.editing;
      if (aimed) this.#aimed.get(aimed.camera)?.(aimed.heading);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#map?.remove();
    this.#map = null;
  }

  override updated(): void {
    const { document, projection, floor, tool } = this.editing;
    if (!document || !projection) return;
    const map = this.#map ?? this.#begin();
    if (!map) return;
    this.#sheet = new Sheet(document, projection, floor);
    if (tool === "select") this.giveUp();
    this.#draw(onSheet(document, floor));
    if (this.#shownFloor !== floor) {
      this.#shownFloor = floor;
      this.fit();
    }
    this.toggleAttribute("drawing", tool !== "select");
  }

  override render(): TemplateResult {
    return html`<div class="map" role="application" aria-label="Drawing. Arrow keys move what is selected."></div>`;
  }

  /** Show the whole sheet. */
  fit(): void {
    const points = this.#sheet?.outlines.flat() ?? [];
    const size = this.#map?.getSize();
    this.#fitted = size !== undefined && size.x > 0 && size.y > 0;
    if (points.length > 0) this.#map?.fitBounds(L.latLngBounds(latLng(points)), { animate: false, padding: [30, 30] });
    else this.#map?.setView([0, 0], 3);
  }

  /** Return where a position is in the window, in pixels. */
  pixels(longitude: number, latitude: number): Point {
    const [x, y] = this.editing.projection?.toMetres([longitude, latitude]) ?? [0, 0];
    const box = this.getBoundingClientRect();
    const { x: left, y: top } = this.#map?.latLngToContainerPoint([y, x]) ?? { x: 0, y: 0 };
    return [box.left + left, box.top + top];
  }

  /** Cancel what the current tool has started. Return true if there was something to cancel. */
  giveUp(): boolean {
    this.#preview.clearLayers();
    return this.#pen.giveUp();
  }

  /** Finish the outline that is being drawn. */
  finish(): void {
    this.#pen.finish();
  }

  #begin(): L.Map | null {
    const host = this.renderRoot.querySelector<HTMLElement>(".map");
    if (!host) return null;
    const map = L.map(host, {
      crs: L.CRS.Simple, attributionControl: false, zoomSnap: 0.25, zoomAnimation: false, fadeAnimation: false,
      minZoom: -3, maxZoom: 8, keyboard: false, doubleClickZoom: false,
    });
    L.control.scale({ imperial: true }).addTo(map);
    for (const layer of [this.#drawn, this.#handles, this.#preview]) layer.addTo(map);
    map.on("click", (event) => {
      if (this.editing.tool === "select") this.editing.select(null);
      else if (this.#sheet) this.#pen.clicked(this.#snapped(event.latlng), this.#sheet);
    });
    map.on("dblclick", () => this.finish());
    map.on("zoomend", () => this.#write());
    map.on("mousemove", (event) => this.#moved(event.latlng));
    this.#resized.observe(host);
    this.#map = map;
    return map;
  }

  #draw(features: readonly Feature[]): void {
    this.#drawn.clearLayers();
    this.#handles.clearLayers();
    this.#aimed.clear();
    this.#words = [];
    const order = ["ground", "building", "floor", "room"];
    const rank = (one: Feature): number => order.indexOf(one.properties.type);
    for (const feature of [...features].sort((a, b) => (rank(a) + 9) % 9 - (rank(b) + 9) % 9)) this.#shape(feature);
    this.#write();
    const selected = this.editing.feature;
    if (selected && features.includes(selected) && this.#sheet && this.editing.tool === "select") {
      handles(this.#handles, selected, this.#sheet, this.editing, (where) => this.#snapped(where, selected).point);
    }
  }

  #shape(feature: Feature): void {
    const sheet = this.#sheet;
    if (!sheet) return;
    const { type } = feature.properties;
    const points = sheet.metres(feature);
    const chosen = feature.id === this.editing.selected ? " selected" : "";
    if (feature.geometry.type !== "Point") {
      const options = { className: `${type} ${textOf(feature, "kind")}${chosen}`, bubblingMouseEvents: true };
      const shape = feature.geometry.type === "Polygon" ? L.polygon(latLng(points), options) : L.polyline(latLng(points), options);
      this.#selectable(shape, feature, type === "room" ? 0 : -1);
      if (type === "room") this.#word(points, feature);
      return;
    }
    const [point] = points;
    if (!point) return;
    if (type === "camera") {
      const view = camera(feature, point);
      const cone = L.polygon(latLng(viewWedge(view)), { className: `cone${chosen}`, interactive: false }).addTo(this.#drawn);
      this.#aimed.set(feature.id, (heading) => cone.setLatLngs(latLng(viewWedge({ ...view, heading }))));
    }
    const words = type === "feature" ? signOf(textOf(feature, "kind")).short : type === "camera" ? "\u25cf" : textOf(feature, "number");
    const mark = document.createElement("span");
    mark.textContent = words;
    mark.title = called(feature);
    mark.dataset["testid"] = `drawn-${feature.id}`;
    const icon = L.divIcon({ html: mark, className: `mark ${type} ${textOf(feature, "kind")}${chosen}`, iconSize: [0, 0] });
    const marker = L.marker([point[1], point[0]], { icon, keyboard: false, draggable: this.editing.tool === "select", bubblingMouseEvents: true });
    marker.on("dragstart", () => (this.editing.selected = feature.id));
    marker.on("dragend", () => this.#dropped(feature, marker.getLatLng()));
    this.#selectable(marker, feature, 1);
  }

  #selectable(layer: L.Polygon | L.Polyline | L.Marker, feature: Feature, over: number): void {
    layer.on("click", (event) => {
      if (this.editing.tool !== "select") return;
      L.DomEvent.stopPropagation(event);
      // A building or a floor may leave no empty place to click, so a second click deselects it.
      this.editing.select(over < 0 && this.editing.selected === feature.id ? null : feature.id);
    });
    layer.addTo(this.#drawn);
  }

  #word(points: readonly Point[], room: Feature): void {
    const element = document.createElement("span");
    const icon = L.divIcon({ html: element, className: "word", iconSize: [0, 0] });
    const center = L.latLngBounds(latLng(points)).getCenter();
    L.marker(center, { icon, interactive: false, keyboard: false }).addTo(this.#drawn);
    const [width, height] = extent(points);
    const said = { number: textOf(room, "number"), name: textOf(room, "name") };
    this.#words.push((scale) => (element.textContent = fittingLabel(said, width * scale, height * scale)));
  }

  /** Show as much of each room's name as fits at this zoom. */
  #write(): void {
    for (const write of this.#words) write(2 ** (this.#map?.getZoom() ?? 0));
  }

  #snapped({ lat, lng }: L.LatLng, without?: Feature): Snapped {
    const point: Point = [lng, lat];
    const within = SNAP_PIXELS / 2 ** (this.#map?.getZoom() ?? 0);
    return this.#sheet?.snap(point, within, without) ?? { point, to: null, across: null };
  }

  #dropped(feature: Feature, where: L.LatLng): void {
    const { projection, document } = this.editing;
    const sheet = this.#sheet;
    if (!projection || !document || !sheet) return;
    const snapped = this.#snapped(where);
    const inWall = ["door", "window"].includes(feature.properties.type);
    const point: Point = inWall ? snapped.point : [where.lng, where.lat];
    let moved = at(feature, [projection.toDegrees(point)]);
    if (inWall && snapped.to) moved = { ...moved, properties: { ...moved.properties, heading: sheet.outward(snapped) } };
    this.editing.move(moved);
  }

  /** Show what the next click would draw. */
  #moved(where: L.LatLng): void {
    this.#preview.clearLayers();
    const sheet = this.#sheet;
    if (this.editing.tool === "select" || !sheet) return;
    const snapped = this.#snapped(where);
    const { points, closed } = this.#pen.preview(snapped, sheet);
    const options = { className: "preview", interactive: false };
    if (points.length > 1) (closed ? L.polygon(latLng(points), options) : L.polyline(latLng(points), options)).addTo(this.#preview);
    const [x, y] = snapped.point;
    L.circleMarker([y, x], { radius: 5, className: `cursor ${snapped.to ?? ""}`, interactive: false }).addTo(this.#preview);
  }
}

function camera(feature: Feature, position: Point): { position: Point; heading: number; fov: number; range: number } {
  const { heading, fov, range } = feature.properties;
  return { position, heading: Number(heading), fov: Number(fov), range: Number(range) };
}
