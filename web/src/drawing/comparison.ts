/** Two versions of a plan, floor by floor, with numbers on what differs. Pure. */

import type { PlanChange } from "../core/plan-versions.js";
import type { Point } from "../core/protocol.js";
import { find, ofType, onSheet, positions, projectionOf, textOf, type Feature, type PlanDocument, type Projection } from "./document.js";

/** One feature on a sheet, in metres east and south of the anchor. */
export interface Drawn {
  readonly type: string;
  readonly shape: Feature["geometry"]["type"];
  readonly points: readonly Point[];
  readonly middle: Point;
  /** The number that is painted on it. */
  readonly label: string;
  /** The position, from 1, of its change in the list of changes; null if it did not change. */
  readonly change: number | null;
}

export interface Compared {
  readonly name: string;
  /** West, north, width and height in metres, the same for both drawings. */
  readonly box: readonly [number, number, number, number];
  readonly before: readonly Drawn[];
  readonly after: readonly Drawn[];
}

/** What is drawn first lies under what follows. */
const ORDER = ["ground", "building", "floor", "room", "window", "door", "gate", "feature", "camera"];
/** Metres around the drawing. */
const EDGE = 3;

/** Return the sheets on which something changed: the grounds first, then floors as they are in the documents. */
export function compare(before: PlanDocument, after: PlanDocument, changes: readonly PlanChange[]): Compared[] {
  const projection = projectionOf(after) ?? projectionOf(before);
  if (!projection) return [];
  const numbers = new Map(changes.map((change, index) => [change.feature, index + 1]));
  const floors = new Set([...ofType(before, "floor"), ...ofType(after, "floor")].map((floor) => floor.id));
  return [null, ...floors]
    .map((floor) => {
      const [old, now] = [before, after].map((document) => drawn(onSheet(document, floor), projection, numbers));
      return { name: sheetName(before, after, floor), box: boxOf([...(old ?? []), ...(now ?? [])]), before: old ?? [], after: now ?? [] };
    })
    .filter((sheet) => [...sheet.before, ...sheet.after].some((one) => one.change !== null));
}

function drawn(features: readonly Feature[], { toMetres }: Projection, numbers: ReadonlyMap<string, number>): Drawn[] {
  return features
    .filter((feature) => positions(feature).length > 0)
    .sort((a, b) => ORDER.indexOf(a.properties.type) - ORDER.indexOf(b.properties.type))
    .map((feature) => {
      const points = positions(feature).map((position): Point => {
        const [x, y] = toMetres(position);
        return [x, -y];
      });
      const { type } = feature.properties;
      const shape = feature.geometry.type;
      return { type, shape, points, middle: middle(points), label: textOf(feature, "number"), change: numbers.get(feature.id) ?? null };
    });
}

function sheetName(before: PlanDocument, after: PlanDocument, floor: string | null): string {
  if (floor === null) return "Grounds";
  const document = find(after, floor) ? after : before;
  const found = find(document, floor);
  const building = found && find(document, textOf(found, "building"));
  return [building && textOf(building, "name"), found && textOf(found, "name")].filter(Boolean).join(", ");
}

const middle = (points: readonly Point[]): Point => [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function boxOf(all: readonly Drawn[]): [number, number, number, number] {
  const points = all.flatMap((one) => one.points);
  if (points.length === 0) return [0, 0, 1, 1];
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [west, north] = [Math.min(...xs) - EDGE, Math.min(...ys) - EDGE];
  return [west, north, Math.max(...xs) + EDGE - west, Math.max(...ys) + EDGE - north];
}
