/** What cameras see, as the gateway computed it: clipped by walls. Pure. */

import type { Floor, Point } from "../core/protocol.js";

/** Return what a camera sees, or nothing if the plan does not say: an unclipped cone would promise too much. */
export const coneOf = (floor: Floor | undefined, camera: string): Point[] =>
  floor?.cones?.find((one) => one.camera === camera)?.outline ?? [];

/**
 * Return the part of a cone within about `range` metres of its camera. It never reaches beyond the cone, because the camera sees
 * every point of it: drawing its corners nearer keeps them, and the lines between them, inside.
 */
export function within(cone: readonly Point[], [x, y]: Point, range: number): Point[] {
  return cone.map(([px, py]): Point => {
    const share = Math.min(1, range / Math.max(Math.hypot(px - x, py - y), 1e-9));
    return [x + (px - x) * share, y + (py - y) * share];
  });
}

/** Return the two ends of an opening in a wall that faces `heading`. */
export function ends([x, y]: Point, heading: number, width: number): [Point, Point] {
  const along = ((heading + 90) * Math.PI) / 180;
  const [dx, dy] = [(Math.sin(along) * width) / 2, (Math.cos(along) * width) / 2];
  return [[x - dx, y - dy], [x + dx, y + dy]];
}
