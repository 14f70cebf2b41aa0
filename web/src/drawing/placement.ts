/**
 * Places signs and labels so that none covers another. The important ones choose first. Pure.
 *
 * Positions are in pixels of the whole plan at one zoom, so panning changes nothing.
 */

export interface Item {
  readonly key: string;
  /** Where it belongs. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The lower, the more important. Items of the same rank keep their order. */
  readonly rank: number;
  /** True if it is never left out: it moves as far as it must. Others are left out if there is no room. */
  readonly always?: boolean;
  /** How many steps it may move away. The default is 0. */
  readonly steps?: number;
  /** It also keeps off the places where items of other ranks belong, if there is such a place. */
  readonly considerate?: boolean;
  /** A longer form, which it gets in the same place if it covers nothing, after all items have their short form. */
  readonly longer?: { readonly width: number; readonly height: number };
}

export interface Placed {
  /** How far it is from where it belongs, in pixels. */
  readonly dx: number;
  readonly dy: number;
  /** True if it has its longer form. */
  readonly longer: boolean;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const GAP = 2;
const STEP = 9;
const DIRECTIONS = 16;
/** Steps after which even an item that may not be left out gives up; by then it is thousands of pixels away. */
const FARTHEST = 400;
const CELL = 64;
/** More rows of squares than any plan has, so that each square has a number of its own. */
const ROWS = 1e6;

export const overlap = (one: Box, other: Box, gap = 0): boolean =>
  Math.abs(one.x - other.x) < (one.width + other.width) / 2 + gap &&
  Math.abs(one.y - other.y) < (one.height + other.height) / 2 + gap;

/** Knows the boxes that are taken, by the squares of the plan that they touch. */
class Taken {
  readonly #cells = new Map<number, (Box & { key: string })[]>();

  /** Call `look` with the number of each square that a box touches, until it returns true. Return true if it did. */
  #some({ x, y, width, height }: Box, look: (cell: number) => boolean): boolean {
    const right = Math.floor((x + width / 2 + GAP) / CELL);
    const bottom = Math.floor((y + height / 2 + GAP) / CELL);
    for (let column = Math.floor((x - width / 2 - GAP) / CELL); column <= right; column += 1) {
      for (let row = Math.floor((y - height / 2 - GAP) / CELL); row <= bottom; row += 1) {
        if (look(column * ROWS + row)) return true;
      }
    }
    return false;
  }

  add(key: string, box: Box): void {
    const kept = { key, x: box.x, y: box.y, width: box.width, height: box.height };
    this.#some(box, (cell) => {
      const there = this.#cells.get(cell);
      if (there) there.push(kept);
      else this.#cells.set(cell, [kept]);
      return false;
    });
  }

  /** Return true if nothing but `key` itself is there. */
  free(key: string, box: Box): boolean {
    return !this.#some(box, (cell) => {
      for (const one of this.#cells.get(cell) ?? []) if (one.key !== key && overlap(one, box, GAP)) return true;
      return false;
    });
  }
}

/** Yield where to look for room, the nearest place first. */
function* moves(steps: number): Iterable<readonly [number, number]> {
  yield [0, 0];
  for (let step = 1; step <= steps; step += 1) {
    for (let turn = 0; turn < DIRECTIONS; turn += 1) {
      const angle = (2 * Math.PI * turn) / DIRECTIONS;
      yield [Math.round(Math.cos(angle) * STEP * step), Math.round(Math.sin(angle) * STEP * step)];
    }
  }
}

/**
 * Return where each item goes, by key; an item that is left out is missing. `before` is the last answer: an item stays where it
 * was, if there is room, so that signs do not jump while somebody zooms.
 */
export function place(items: readonly Item[], before: ReadonlyMap<string, Placed> = new Map()): Map<string, Placed> {
  const order = [...items].sort((one, other) => one.rank - other.rank);
  const taken = new Taken();
  const placed = new Map<string, Placed>();
  for (const item of order) {
    const wishes = new Taken();
    if (item.considerate) for (const other of items) if (other.rank !== item.rank) wishes.add(other.key, other);
    const found =
      (item.considerate ? find(item, 12, before, (box) => taken.free(item.key, box) && wishes.free(item.key, box)) : undefined) ??
      find(item, item.always ? FARTHEST : (item.steps ?? 0), before, (box) => taken.free(item.key, box));
    if (!found) continue;
    placed.set(item.key, { dx: found[0], dy: found[1], longer: false });
    taken.add(item.key, { ...item, x: item.x + found[0], y: item.y + found[1] });
  }
  for (const item of order) {
    const at = placed.get(item.key);
    if (!item.longer || !at) continue;
    const box = { x: item.x + at.dx, y: item.y + at.dy, ...item.longer };
    if (!taken.free(item.key, box)) continue;
    placed.set(item.key, { ...at, longer: true });
    taken.add(item.key, box);
  }
  return placed;
}

function find(
  item: Item,
  steps: number,
  before: ReadonlyMap<string, Placed>,
  free: (box: Box) => boolean,
): readonly [number, number] | undefined {
  const { x, y, width, height } = item;
  const fits = ([dx, dy]: readonly [number, number]): boolean => free({ x: x + dx, y: y + dy, width, height });
  if (fits([0, 0])) return [0, 0];
  const last = before.get(item.key);
  if (last && Math.hypot(last.dx, last.dy) <= steps * STEP && fits([last.dx, last.dy])) return [last.dx, last.dy];
  for (const move of moves(steps)) if (fits(move)) return move;
  return undefined;
}
