/** New shapes: a rectangle along the building's walls, and the properties that new features begin with. Pure. */

import type { Point } from "../core/protocol.js";
import { called, onSheet, ofType, positions, type Feature, type PlanDocument, type Projection, type Value } from "./document.js";
import { bearing, inside, outward, snap, type Snapped } from "./snap.js";

/** Return the corners of a rectangle, given two opposite ones and the bearing of one pair of its sides in degrees. */
export function rectangle([ax, ay]: Point, [bx, by]: Point, along: number): Point[] {
  const radians = (along * Math.PI) / 180;
  const [ux, uy] = [Math.sin(radians), Math.cos(radians)];
  const length = (bx - ax) * ux + (by - ay) * uy;
  return [[ax, ay], [ax + length * ux, ay + length * uy], [bx, by], [bx - length * ux, by - length * uy]];
}

/** Return the bearing of an outline's longest side, in degrees from 0 to less than 180. */
export function axis(outline: readonly Point[]): number {
  let [best, longest] = [0, 0];
  outline.forEach((a, index) => {
    const b = outline[(index + 1) % outline.length] ?? a;
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    if (length > longest) [best, longest] = [bearing(a, b) % 180, length];
  });
  return best;
}

/** Return the area of an outline in square metres. */
export function area(outline: readonly Point[]): number {
  const twice = outline.reduce((sum, [ax, ay], index) => {
    const [bx, by] = outline[(index + 1) % outline.length] ?? [ax, ay];
    return sum + ax * by - bx * ay;
  }, 0);
  return Math.abs(twice) / 2;
}

/** The outlines of a sheet in metres: what points snap to, and what lies around a point. */
export class Sheet {
  readonly outlines: readonly (readonly Point[])[];
  readonly #floor: Feature | undefined;

  constructor(
    readonly document: PlanDocument,
    readonly projection: Projection,
    readonly floor: string | null,
  ) {
    const shapes = onSheet(document, floor).filter((one) => one.geometry.type === "Polygon");
    this.outlines = shapes.map((one) => this.metres(one));
    this.#floor = floor === null ? undefined : document.features.find((one) => one.id === floor);
  }

  metres(feature: Feature): Point[] {
    return positions(feature).map((position) => this.projection.toMetres(position));
  }

  snap(point: Point, within: number, without?: Feature): Snapped {
    const own = without?.geometry.type === "Polygon" ? JSON.stringify(this.metres(without)) : "";
    return snap(point, this.outlines.filter((outline) => JSON.stringify(outline) !== own), within);
  }

  /** The direction of the building's walls. */
  get along(): number {
    const outline = this.#floor ? this.metres(this.#floor) : this.outlines[0];
    return outline ? axis(outline) : 90;
  }

  /** Return true if a point is on the floor's own outline. */
  onOutside(point: Point): boolean {
    return this.#floor !== undefined && snap(point, [this.metres(this.#floor)], 0.3).to !== null;
  }

  /** Return the direction out of the building, or out of the room, through the wall at this point. */
  outward({ point, across }: Snapped): number {
    if (across === null) return 0;
    if (this.#floor && this.onOutside(point)) return outward(point, across, this.metres(this.#floor));
    const rooms = ofType(this.document, "room").filter((one) => one.properties["floor"] === this.floor);
    const behind = rooms.find((room) => inside(shifted(point, across), this.metres(room)));
    return Math.round(behind ? across : (across + 180) % 360);
  }
}

const shifted = ([x, y]: Point, bearing: number): Point => {
  const radians = (bearing * Math.PI) / 180;
  return [x - 0.3 * Math.sin(radians), y - 0.3 * Math.cos(radians)];
};

/** Return the properties that a new door has: exterior in an outside wall, interior elsewhere. */
export function door(sheet: Sheet, where: Snapped): Record<string, Value> {
  const exterior = sheet.onOutside(where.point);
  return { name: exterior ? "Exterior door" : "Door", kind: exterior ? "exterior" : "interior", floor: sheet.floor ?? "", heading: sheet.outward(where) };
}

export function room(floor: string, name: string): Record<string, Value> {
  return { name, kind: "classroom", floor };
}

/** Return a name that no other feature of the type has, such as `Room 4`. */
export function freshName(document: PlanDocument, type: string, word: string): string {
  const taken = new Set(ofType(document, type).map(called));
  let number = 1;
  while (taken.has(`${word} ${number}`)) number += 1;
  return `${word} ${number}`;
}
