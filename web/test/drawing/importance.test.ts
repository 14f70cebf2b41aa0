import { describe, expect, it } from "vitest";

import type { Door, Floor, Point } from "../../src/core/protocol.js";
import { ends, within } from "../../src/drawing/cones.js";
import { RANK, firstDoors, mainEntrance, markerRank } from "../../src/drawing/importance.js";

const door = (id: string, number: string, name: string, kind = "exterior"): Door => ({ id, number, name, kind, position: [0, 0], heading: 0 });
const floor = (doors: Door[], entrance: string | null): Floor => ({
  id: "f", name: "", building: "", bounds: [0, 0, 1, 1], outline: [], doors, features: [], cameras: [],
  rooms: [{ id: "r", name: "", number: "1", kind: "office", outline: [], label: [0, 0], entrance }],
});

describe("what comes first on a plan", () => {
  it("is the main entrance by its name, or else door 1", () => {
    expect(mainEntrance([door("a", "1", "Gym"), door("b", "4", "Main entrance")])?.id).toBe("b");
    expect(mainEntrance([door("x", "1", "", "interior"), door("a", "1", "Gym")])?.id).toBe("a");
  });

  it("is the nearest door of every room with an alarm", () => {
    const plan = floor([door("a", "1", "Main entrance"), door("b", "7", "Gym")], "b");
    expect([...firstDoors(plan, new Set(["r"]))]).toEqual(["a", "b"]);
    expect([...firstDoors(plan, new Set())]).toEqual(["a"]);
  });

  it("is the key box and the locker, and extinguishers come last of the markers", () => {
    expect([markerRank("key_box"), markerRank("supply_locker")]).toEqual([RANK.first, RANK.first]);
    expect(markerRank("extinguisher")).toBeGreaterThan(markerRank("aed"));
    expect(markerRank("extinguisher")).toBeLessThan(RANK.window);
  });
});

describe("a cone", () => {
  it("that is shortened stays within the walls that clip it", () => {
    const wall: Point[] = [[0, 0], [-20, 3], [20, 3]];
    for (const [x, y] of within(wall, [0, 0], 6)) {
      expect(Math.hypot(x, y)).toBeLessThanOrEqual(6.001);
      expect(y).toBeLessThanOrEqual(3);
    }
  });
});

it("draws a window along its wall", () => {
  const [[x0, y0], [x1, y1]] = ends([10, 5], 0, 2);
  expect([x0, y0, x1, y1].map((value) => Math.round(value))).toEqual([9, 5, 11, 5]);
});
