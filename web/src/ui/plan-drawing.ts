/** Shapes and words of the floor plan. Pure. */

import type { Camera, Point, Room } from "../core/protocol.js";

/** Metres east and north to Leaflet's (y, x). */
export const latLng = (points: readonly Point[]): [number, number][] => points.map(([x, y]) => [y, x]);

const ARC_STEPS = 12;

/** What a camera sees: from where it hangs, along its heading (degrees clockwise from north). */
export function viewWedge(camera: Pick<Camera, "position" | "heading" | "fov" | "range">): Point[] {
  const [x, y] = camera.position;
  const wedge: Point[] = [camera.position];
  for (let step = 0; step <= ARC_STEPS; step += 1) {
    const bearing = ((camera.heading - camera.fov / 2 + (camera.fov * step) / ARC_STEPS) * Math.PI) / 180;
    wedge.push([x + camera.range * Math.sin(bearing), y + camera.range * Math.cos(bearing)]);
  }
  return wedge;
}

/** The ground a room is drawn with: ways, special rooms, or plain. */
export function roomClass(room: Pick<Room, "kind">): "walk" | "special" | "plain" {
  if (room.kind === "hallway" || room.kind === "stairwell") return "walk";
  return ["gym", "cafeteria", "library", "utility"].includes(room.kind) ? "special" : "plain";
}

/** Number first: it is what is painted on the door. */
export function roomLabel(room: Pick<Room, "number" | "name">): string {
  if (!room.number || room.name.includes(room.number)) return room.name || room.number;
  return room.name ? `${room.number}\n${room.name}` : room.number;
}

/** What responders look for: the sign on the plan and its words. */
export const FEATURES: Readonly<Record<string, readonly [string, string]>> = {
  key_box: ["KEY", "Key box"],
  supply_locker: ["LOCKER", "Emergency supply locker"],
  aed: ["AED", "Defibrillator"],
  trauma_kit: ["TRAUMA", "Trauma kit"],
  fire_panel: ["FIRE", "Fire alarm panel"],
  gas_shutoff: ["GAS", "Gas shut-off"],
  water_shutoff: ["WATER", "Water shut-off"],
  electric_shutoff: ["ELEC", "Electric shut-off"],
  assembly_point: ["ASSEMBLY", "Assembly point"],
};
