/** Shapes and words of the floor plan. Pure. */

import type { Place } from "../../core/alarm/places.js";
import type { Camera, Floor, Point, Room } from "../../core/protocol.js";

/** Convert metres east and north to Leaflet's (y, x). */
export const latLng = (points: readonly Point[]): [number, number][] => points.map(([x, y]) => [y, x]);

const ARC_STEPS = 12;

/** Return the area that a camera sees up to `range` metres along its heading (degrees clockwise from north). */
export function viewWedge(camera: Pick<Camera, "position" | "heading" | "fov" | "range">, range = camera.range): Point[] {
  const [x, y] = camera.position;
  const wedge: Point[] = [camera.position];
  for (let step = 0; step <= ARC_STEPS; step += 1) {
    const bearing = ((camera.heading - camera.fov / 2 + (camera.fov * step) / ARC_STEPS) * Math.PI) / 180;
    wedge.push([x + range * Math.sin(bearing), y + range * Math.cos(bearing)]);
  }
  return wedge;
}

/** Return how to shade a room: as a passage, as a special room, or plain. */
export function roomClass(room: Pick<Room, "kind">): "walk" | "special" | "plain" {
  if (room.kind === "hallway" || room.kind === "stairwell") return "walk";
  return ["gym", "cafeteria", "library", "utility"].includes(room.kind) ? "special" : "plain";
}

/** Return the room's number, which is painted on the door, then its name without that number. */
export function roomLabel(room: Pick<Room, "number" | "name">): string {
  const name = room.number ? room.name.replace(room.number, "").trim() : room.name;
  return [room.number, name].filter(Boolean).join("\n");
}

/** Rough width of one character of a label, and height of its line, in pixels. */
const LETTER = 6.4;
const LINE = 13;

/** Return as much of the label as fits into the room's pixels: all of it, the number, or nothing. */
export function fittingLabel(room: Pick<Room, "number" | "name">, width: number, height: number): string {
  const fits = (text: string): boolean => {
    const lines = text.split("\n");
    return Math.max(...lines.map((line) => line.length)) * LETTER <= width && lines.length * LINE <= height;
  };
  const whole = roomLabel(room);
  const short = room.number || room.name;
  return [whole, short].find(fits) ?? "";
}

/** Return the label of a room where somebody pressed: `ALARM 204`, the place's number if there are several, and the time. */
export function alarmLabel(room: Pick<Room, "number" | "name">, place: Place, several: boolean, at: string): string {
  const words = [place.newest ? "ALARM" : "", several ? `${place.number}:` : "", room.number || room.name];
  return `${words.filter(Boolean).join(" ")}\n${at}`;
}

/** Return width and height in metres of the box around an outline. */
export function extent(outline: readonly Point[]): readonly [number, number] {
  const xs = outline.map(([x]) => x);
  const ys = outline.map(([, y]) => y);
  return [Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)];
}

/** Return what a floor's button says about alarms: how many of its rooms have one. */
export function alarmsOn(floor: Floor, places: readonly Place[]): string {
  const count = floor.rooms.filter((room) => places.some((place) => place.room === room.id)).length;
  return count === 0 ? "" : ` \u25cf ${count} alarm${count === 1 ? "" : "s"}`;
}
