/** The grid of lettered columns and numbered rows over a school, as `gateway/floorplan/grid.py` lays it. Pure. */

import type { Point } from "./protocol.js";

/** The grid over a school: its north-west corner, the size of a cell in metres, and the letters of its columns. */
export interface PlanGrid {
  readonly west: number;
  readonly north: number;
  readonly cell: number;
  readonly columns: string;
  readonly rows: number;
}

/** Return the cell of a point, such as `C4`, or null outside the grid. A point on a line belongs to the cell east or south of it. */
export function cellAt(grid: PlanGrid, [x, y]: Point): string | null {
  const column = grid.columns[Math.floor((x - grid.west) / grid.cell)];
  const row = Math.floor((grid.north - y) / grid.cell) + 1;
  return column !== undefined && row >= 1 && row <= grid.rows ? `${column}${row}` : null;
}

/** Return the bounds of the grid in metres: west, south, east and north. */
export function gridBounds({ west, north, cell, columns, rows }: PlanGrid): [number, number, number, number] {
  return [west, north - rows * cell, west + columns.length * cell, north];
}

/** Return the lines between the cells, and those around the grid. */
export function gridLines(grid: PlanGrid): (readonly [Point, Point])[] {
  const [west, south, east, north] = gridBounds(grid);
  const columns = Array.from({ length: grid.columns.length + 1 }, (_, index) => west + index * grid.cell);
  const rows = Array.from({ length: grid.rows + 1 }, (_, index) => north - index * grid.cell);
  return [
    ...columns.map((x): readonly [Point, Point] => [[x, north], [x, south]]),
    ...rows.map((y): readonly [Point, Point] => [[west, y], [east, y]]),
  ];
}

/** The middle line of a column or row, and what it is called. */
export interface Band {
  readonly name: string;
  /** It begins where the label stands if it is in view: in the north or the west. */
  readonly from: Point;
  readonly to: Point;
}

/** Return the middle lines of all columns and rows. */
export function gridBands(grid: PlanGrid): Band[] {
  const [west, south, east, north] = gridBounds(grid);
  const columns = Array.from(grid.columns, (name, index): Band => {
    const x = west + (index + 0.5) * grid.cell;
    return { name, from: [x, north], to: [x, south] };
  });
  const rows = Array.from({ length: grid.rows }, (_, index): Band => {
    const y = north - (index + 0.5) * grid.cell;
    return { name: String(index + 1), from: [west, y], to: [east, y] };
  });
  return [...columns, ...rows];
}

/** Return the first point of a line that is inside a box from (left, top) to (right, bottom), or null if none is. */
export function firstInside([ax, ay]: Point, [bx, by]: Point, box: readonly [number, number, number, number]): Point | null {
  const [left, top, right, bottom] = box;
  const [dx, dy] = [bx - ax, by - ay];
  let [enter, leave] = [0, 1];
  for (const [step, room] of [[-dx, ax - left], [dx, right - ax], [-dy, ay - top], [dy, bottom - ay]] as const) {
    if (step === 0 && room < 0) return null;
    if (step < 0) enter = Math.max(enter, room / step);
    if (step > 0) leave = Math.min(leave, room / step);
  }
  return enter <= leave ? [ax + enter * dx, ay + enter * dy] : null;
}
