/** Shapes and words of the floor plan. Pure. */

import type { Place } from "../../core/alarm/places.js";
import type { Camera, Point, Room } from "../../core/protocol.js";

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

/** The box of a sign on the plan: its centre and size in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** How far it may be moved, from 0 to RINGS (the default). */
  readonly rings?: number;
  /** If there is no room for it, leave it out instead of putting it in a wrong place or over another sign. */
  readonly optional?: boolean;
}

const DIRECTIONS: readonly Point[] = [
  [1, 0],
  [0, -1],
  [0, 1],
  [-1, 0],
];
const GAP = 2;
const RINGS = 4;
const HERE: Point = [0, 0];
/** Where to try to put a sign, nearest position first, in steps of half its width and three quarters of its height. */
const STEPS: readonly Point[] = [
  HERE,
  ...[1, 2, 3, 4].flatMap((ring) => DIRECTIONS.map(([right, down]): Point => [right * ring, down * ring])),
];

/** Return true if one box hides a part of the other. */
const overlap = (one: Box, other: Box, gap = 0): boolean =>
  Math.abs(one.x - other.x) < (one.width + other.width) / 2 + gap &&
  Math.abs(one.y - other.y) < (one.height + other.height) / 2 + gap;

/**
 * Return how far to move each sign, in pixels, so that none hides another. Earlier signs take precedence. If there is no room
 * for a sign, an optional one gets null and is left out; any other stays where it is.
 */
export function spread(boxes: readonly Box[]): (Point | null)[] {
  const taken: Box[] = [];
  return boxes.map((box) => {
    const steps = STEPS.slice(0, 1 + DIRECTIONS.length * (box.rings ?? RINGS));
    const moves = steps.map(([right, down]): Point => [(right * box.width) / 2, down * box.height * 0.75]);
    const at = ([dx, dy]: Point): Box => ({ ...box, x: box.x + dx, y: box.y + dy });
    const free = moves.find((move) => !taken.some((one) => overlap(one, at(move), GAP)));
    const moved = free ?? (box.optional ? null : HERE);
    if (moved) taken.push(at(moved));
    return moved;
  });
}
