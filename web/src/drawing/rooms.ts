/** The search for a room by its number or name, over all floors and buildings of a school. Pure. */

import type { Floor, Plan, Room } from "../core/protocol.js";

export interface FoundRoom {
  readonly room: Room;
  readonly floor: Floor;
}

/** The search never lists more rooms than this. */
export const MOST_FOUND = 8;

const plain = (text: string): string => text.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, " ").trim();

/** Return how well a room fits what was typed, 0 being best, or null if it does not. */
function rank({ number, name, windows }: Room, typed: string): number | null {
  const [digits, words] = [plain(number), plain(name)];
  if (digits !== "" && digits === typed) return 0;
  if (words === typed) return 1;
  if ((windows ?? []).some((window) => plain(window) === typed)) return 2;
  if (digits !== "" && digits.startsWith(typed)) return 3;
  if (` ${words}`.includes(` ${typed}`)) return 4;
  return words.includes(typed) ? 5 : null;
}

/** Return the rooms with this number, name or number on a window, the best first. "room 107" and "rm 107" mean "107". */
export function findRooms(plan: Plan, query: string): FoundRoom[] {
  const typed = plain(query).replace(/^(room|rm|classroom) (?=\d)/, "");
  if (typed === "") return [];
  return plan.floors
    .flatMap((floor) => floor.rooms.map((room) => ({ room, floor, rank: rank(room, typed) })))
    .filter((one): one is FoundRoom & { rank: number } => one.rank !== null)
    .sort((a, b) => a.rank - b.rank || a.room.number.localeCompare(b.room.number, "en", { numeric: true }))
    .slice(0, MOST_FOUND)
    .map(({ room, floor }) => ({ room, floor }));
}
