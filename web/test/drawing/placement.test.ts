import { describe, expect, it } from "vitest";

import { overlap, place, type Item, type Placed } from "../../src/drawing/placement.js";

/** Return random numbers from 0 to 1, the same ones for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function crowd(seed: number, count = 80): Item[] {
  const next = random(seed);
  return Array.from({ length: count }, (_, index): Item => ({
    key: `i${index}`,
    x: next() * 500,
    y: next() * 300,
    width: 8 + next() * 50,
    height: 10 + next() * 12,
    rank: Math.floor(next() * 6),
    always: next() < 0.2,
    steps: Math.floor(next() * 5),
    considerate: next() < 0.05,
    ...(next() < 0.3 ? { longer: { width: 70, height: 30 } } : {}),
  }));
}

const boxes = (items: readonly Item[], placed: ReadonlyMap<string, Placed>) =>
  items.flatMap((item) => {
    const at = placed.get(item.key);
    return at ? [{ ...item, ...(at.longer ? item.longer : {}), x: item.x + at.dx, y: item.y + at.dy }] : [];
  });

const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);

describe("signs on a crowded plan", () => {
  it("never cover each other", () => {
    for (const seed of SEEDS) {
      const items = crowd(seed);
      const there = boxes(items, place(items));
      there.forEach((one, index) => {
        for (const other of there.slice(index + 1)) expect(overlap(one, other), `${seed}: ${one.key} ${other.key}`).toBe(false);
      });
    }
  });

  it("are never left out if they must be seen", () => {
    for (const seed of SEEDS) {
      const items = crowd(seed);
      const placed = place(items);
      expect(items.filter((item) => item.always && !placed.has(item.key))).toEqual([]);
    }
  });

  it("are where they would be if nothing less important were there", () => {
    for (const seed of SEEDS) {
      const items = crowd(seed).map((item) => ({ ...item, considerate: false }));
      const all = place(items);
      const important = items.filter((item) => item.rank < 3);
      for (const [key, at] of place(important)) {
        expect([all.get(key)?.dx, all.get(key)?.dy], `${seed}: ${key}`).toEqual([at.dx, at.dy]);
      }
    }
  });

  it("stay where they are from frame to frame", () => {
    for (const seed of SEEDS) {
      const items = crowd(seed);
      const first = place(items);
      expect(place(items, first)).toEqual(first);
      expect(place(items.map((item) => ({ ...item, x: item.x + 640, y: item.y - 128 })))).toEqual(first);
    }
  });

  it("do not depend on the order in which the plan lists them, if their ranks differ", () => {
    const items = crowd(7, 12).map((item, index) => ({ ...item, rank: index }));
    expect(place([...items].reverse())).toEqual(place(items));
  });
});

describe("a room's label", () => {
  const room = { x: 0, y: 0, width: 20, height: 12, rank: 3 };

  it("gives up its name before a neighbour gives up its number", () => {
    const one = { ...room, key: "101", longer: { width: 100, height: 26 } };
    const other = { ...room, key: "102", x: 40 };
    expect([...place([one, other]).values()].map((placed) => placed.longer)).toEqual([false, false]);
    expect(place([one]).get("101")?.longer).toBe(true);
  });

  it("is left out rather than moved into another room", () => {
    expect([...place([{ ...room, key: "a", rank: 0 }, { ...room, key: "b" }]).keys()]).toEqual(["a"]);
  });

  it("stays beside an alarm, whose sign moves off its neighbours' numbers", () => {
    const alarm = { key: "alarm", x: 0, y: 0, width: 90, height: 34, rank: 0, always: true, considerate: true };
    const neighbours = [-40, 40].map((x) => ({ ...room, key: `n${x}`, x }));
    const placed = place([alarm, ...neighbours]);
    expect(placed.size).toBe(3);
    expect(placed.get("alarm")).not.toMatchObject({ dx: 0, dy: 0 });
  });
});
