/** What a place on a plan is called on the radio: its cell, room, nearest door and coordinates. Pure. */

import { cellAt } from "../core/grid.js";
import { mgrs } from "../core/mgrs.js";
import type { Door, Floor, Plan, Point, Room } from "../core/protocol.js";
import { projection } from "./document.js";
import { area } from "./shapes.js";
import { inside } from "./snap.js";

export interface PlanPlace {
  readonly point: Point;
  readonly floor: Floor;
  /** Null outside the grid. */
  readonly cell: string | null;
  readonly room: Room | null;
  /** The numbered exterior door from which it is the shortest walk to the room or, outside all rooms, the nearest in a straight line. */
  readonly door: Door | null;
  /** Longitude and latitude in degrees. */
  readonly position: Point;
  readonly mgrs: string | null;
}

/** Return the room at a point of a floor: the smallest, if one lies within another. */
export function roomAt(floor: Floor, point: Point): Room | null {
  return floor.rooms.filter((room) => inside(point, room.outline)).sort((a, b) => area(a.outline) - area(b.outline))[0] ?? null;
}

/** Return a door of the plan by its id. */
export function doorOf(plan: Plan, id: string | null): Door | null {
  if (id === null) return null;
  return plan.floors.flatMap((floor) => floor.doors).find((door) => door.id === id) ?? null;
}

function nearestNumbered(plan: Plan, [x, y]: Point): Door | null {
  const away = ({ position }: Door): number => Math.hypot(position[0] - x, position[1] - y);
  const doors = plan.floors.flatMap((floor) => floor.doors).filter((door) => door.kind === "exterior" && door.number);
  return doors.sort((a, b) => away(a) - away(b))[0] ?? null;
}

/** Return everything that can be said about a point of a floor. */
export function placeAt(plan: Plan, floor: Floor, point: Point): PlanPlace {
  const room = roomAt(floor, point);
  const position = projection(plan.anchor).toDegrees(point);
  return {
    point,
    floor,
    cell: cellAt(plan.grid, point),
    room,
    door: doorOf(plan, room?.entrance ?? null) ?? nearestNumbered(plan, point),
    position,
    mgrs: mgrs(position),
  };
}

/** Return a room's spoken name: `204 Science`, but not `204 Classroom 204`. */
export function roomWords({ number, name }: Pick<Room, "number" | "name">): string {
  return !number || name.split(" ").includes(number) ? name : `${number} ${name}`;
}

/** Return what people call a door: `Door 3, Gym doors`. */
export function doorWords({ number, name }: Pick<Door, "number" | "name">): string {
  if (!number) return name;
  return name === "" || name === `Door ${number}` ? `Door ${number}` : `Door ${number}, ${name}`;
}

/** Return the name of a floor; if the school has several buildings, with its building. */
export function floorWords(plan: Plan, floor: Floor): string {
  const several = new Set(plan.floors.map((one) => one.building)).size > 1;
  return several ? `${floor.building}, ${floor.name}` : floor.name;
}

/** Return a position as people read it aloud: latitude first. */
export function degreesWords([longitude, latitude]: Point): string {
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
}

/** Return a place in the order in which it is said on the radio, one fact a line. */
export function placeWords(plan: Plan, place: PlanPlace): string[] {
  const where = `${place.room ? roomWords(place.room) : "Not in a room"}, ${floorWords(plan, place.floor)}`;
  return [
    plan.name,
    place.cell ? `Cell ${place.cell}` : "Outside the grid",
    where,
    place.door ? `Nearest door: ${doorWords(place.door)}` : "No exterior door on the plan",
    degreesWords(place.position),
    ...(place.mgrs ? [`MGRS ${place.mgrs}`] : []),
  ];
}
