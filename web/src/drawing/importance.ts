/** Says which signs of a plan come first where there is no room for all. Pure. */

import type { Door, Floor } from "../core/protocol.js";
import { signOf } from "./signs.js";

/** The lower, the more important. Room numbers come before other signs, and names after everything. */
export const RANK = { alarm: 0, first: 1, camera: 2, number: 3, door: 4, marker: 5, window: 12, ground: 13 } as const;

/** Return the main entrance: the exterior door that is called so, or else the one with the number 1. */
export function mainEntrance(doors: readonly Door[]): Door | undefined {
  const exterior = doors.filter((door) => door.kind === "exterior");
  return exterior.find((door) => /\bmain\b/i.test(door.name)) ?? exterior.find((door) => door.number === "1");
}

/** Return the doors that are always shown: the main entrance, and the nearest doors to the rooms with an alarm. */
export function firstDoors(floor: Floor, alarmed: ReadonlySet<string>): Set<string> {
  const first = new Set<string>();
  const main = mainEntrance(floor.doors);
  if (main) first.add(main.id);
  for (const room of floor.rooms) if (alarmed.has(room.id) && room.entrance) first.add(room.entrance);
  return first;
}

/** Return the rank of a marker of this kind. */
export function markerRank(kind: string): number {
  const { importance } = signOf(kind);
  return importance === 1 ? RANK.first : RANK.marker + importance;
}
