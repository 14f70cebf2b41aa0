/** Snaps points to corners and walls that are already drawn, so that rooms share walls and doors lie in walls. Pure. */

import type { Point } from "../core/protocol.js";

/** How near the pointer must be to a corner or a wall, in pixels on the screen, for a point to move there. */
export const SNAP_PIXELS = 12;

export interface Snapped {
  readonly point: Point;
  /** What the point was moved to, or null. */
  readonly to: "corner" | "wall" | null;
  /** The direction at a right angle to the wall, in degrees clockwise from north; null if the point was not moved. */
  readonly across: number | null;
}

const distance = ([ax, ay]: Point, [bx, by]: Point): number => Math.hypot(ax - bx, ay - by);

/** Return the point of the line from `a` to `b` that is nearest to `p`. */
export function nearestOn(p: Point, a: Point, b: Point): Point {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length));
  return [a[0] + t * dx, a[1] + t * dy];
}

/** Return the bearing from `a` to `b` in degrees clockwise from north, from 0 to less than 360. */
export function bearing([ax, ay]: Point, [bx, by]: Point): number {
  return ((Math.atan2(bx - ax, by - ay) * 180) / Math.PI + 360) % 360;
}

/** Return where a point belongs: at the nearest corner within `within` metres, else in the nearest such wall, else where it is. */
export function snap(point: Point, outlines: readonly (readonly Point[])[], within: number): Snapped {
  const walls = outlines.flatMap((outline) => outline.map((a, index) => [a, outline[(index + 1) % outline.length] ?? a] as const));
  const nearest = walls
    .filter(([a, b]) => distance(a, b) > 0)
    .map(([a, b]) => ({ a, foot: nearestOn(point, a, b), across: (bearing(a, b) + 90) % 360 }))
    .map((wall) => ({ ...wall, corner: distance(point, wall.a), off: distance(point, wall.foot) }));
  const least = (by: "corner" | "off"): (typeof nearest)[number] | undefined =>
    nearest.reduce<(typeof nearest)[number] | undefined>((best, one) => (best && best[by] <= one[by] ? best : one), undefined);
  const [corner, wall] = [least("corner"), least("off")];
  if (corner && corner.corner <= within) return { point: corner.a, to: "corner", across: corner.across };
  if (wall && wall.off <= within) return { point: wall.foot, to: "wall", across: wall.across };
  return { point, to: null, across: null };
}

/** Return true if the point is inside the outline. */
export function inside([x, y]: Point, outline: readonly Point[]): boolean {
  let within = false;
  outline.forEach(([ax, ay], index) => {
    const [bx, by] = outline[(index + 1) % outline.length] ?? [ax, ay];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  });
  return within;
}

/** Return the direction out of the outline through a wall: `across`, or the opposite if that leads inside. */
export function outward(point: Point, across: number, outline: readonly Point[]): number {
  const radians = (across * Math.PI) / 180;
  const beyond: Point = [point[0] + 0.3 * Math.sin(radians), point[1] + 0.3 * Math.cos(radians)];
  return Math.round(inside(beyond, outline) ? (across + 180) % 360 : across);
}
