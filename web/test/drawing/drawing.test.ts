import { describe, expect, test } from "vitest";

import { at, called, freshId, onSheet, positions, projection, put, remove, set, type Feature, type PlanDocument } from "../../src/drawing/document.js";
import { begin, change, redo, undo } from "../../src/drawing/history.js";
import { bearing, inside, outward, snap } from "../../src/drawing/snap.js";
import type { Point } from "../../src/core/protocol.js";

const room = (id: string, properties: object = {}): Feature => ({
  type: "Feature",
  id,
  properties: { type: "room", name: "Music", kind: "classroom", floor: "ground", ...properties },
  geometry: { type: "Polygon", coordinates: [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]] },
});
const PLAN: PlanDocument = { type: "FeatureCollection", features: [room("a"), room("b", { floor: "upper" })] };
const SQUARE: Point[] = [[0, 0], [10, 0], [10, 10], [0, 10]];

describe("a document", () => {
  test("replaces a feature where it was, and adds a new one at the end", () => {
    const changed = put(put(PLAN, room("c")), room("a", { name: "Art" }));
    expect(changed.features.map((one) => one.id)).toEqual(["a", "b", "c"]);
    expect(changed.features[0]?.properties["name"]).toBe("Art");
    expect(PLAN.features[0]?.properties["name"]).toBe("Music");
  });

  test("loses a property that is emptied", () => {
    expect(set(set(PLAN, "a", "number", "12"), "a", "number", "").features[0]?.properties).not.toHaveProperty("number");
    expect(set(PLAN, "a", "windows", []).features[0]?.properties).not.toHaveProperty("windows");
    expect(set(PLAN, "a", "portable", false).features[0]?.properties["portable"]).toBe(false);
  });

  test("has the features of one floor on a sheet", () => {
    expect(onSheet(PLAN, "upper").map((one) => one.id)).toEqual(["b"]);
    expect(onSheet(PLAN, null)).toEqual([]);
  });

  test("finds an id that is free", () => {
    expect(freshId(put(PLAN, room("oak-room-1")), "oak", "room")).toBe("oak-room-2");
  });

  test("keeps an outline closed when a corner moves", () => {
    const moved = at(room("a"), [[5, 5], ...positions(room("a")).slice(1)]);
    expect(moved.geometry.coordinates).toEqual([[[5, 5], [0, 1], [1, 1], [1, 0], [5, 5]]]);
  });

  test("calls a room by its number, but not twice", () => {
    expect(called(room("a", { number: "12" }))).toBe("12 Music");
    expect(called(room("a", { number: "12", name: "Classroom 12" }))).toBe("Classroom 12");
    expect(called(room("a", { name: "" }))).toBe("room without a name");
  });

  test("removes a feature", () => {
    expect(remove(PLAN, "a").features.map((one) => one.id)).toEqual(["b"]);
  });
});

describe("the projection", () => {
  // Computed with PROJ: aeqd around the anchor on WGS84.
  const anchor = [-89.612, 40.72] as const;

  test("is that of the gateway to a centimetre", () => {
    const [x, y] = projection(anchor).toMetres([anchor[0] + 0.001, anchor[1] + 0.001]);
    expect(Math.hypot(x - 84.48896, y - 111.04899)).toBeLessThan(0.01);
    const [far, up] = projection(anchor).toMetres([anchor[0] - 0.008, anchor[1] + 0.009]);
    expect(Math.hypot(far + 675.83076, up - 999.46806)).toBeLessThan(0.2);
  });

  test("returns to the same centimetre", () => {
    const { toMetres, toDegrees } = projection(anchor);
    const [x, y] = toMetres(toDegrees([123.45, -67.89]));
    expect(Math.hypot(x - 123.45, y + 67.89)).toBeLessThan(0.01);
  });
});

describe("history", () => {
  test("undoes and redoes", () => {
    const [one, two] = [put(PLAN, room("c")), put(PLAN, room("d"))];
    const both = change(change(begin(PLAN), one), two);
    expect(undo(both).present).toBe(one);
    expect(undo(undo(undo(both))).present).toBe(PLAN);
    expect(redo(undo(both)).present).toBe(two);
    expect(redo(both).present).toBe(two);
  });

  test("forgets what was undone once something else is done", () => {
    const back = undo(change(begin(PLAN), put(PLAN, room("c"))));
    expect(redo(change(back, put(PLAN, room("d")))).present.features.at(-1)?.id).toBe("d");
  });

  test("undoes the typing of one word at once", () => {
    const typed = ["A", "Ar", "Art"].reduce((history, name) => change(history, set(history.present, "a", "name", name), "a name"), begin(PLAN));
    expect(typed.past).toHaveLength(1);
    expect(undo(typed).present).toBe(PLAN);
  });
});

describe("snapping", () => {
  test("prefers a corner to a wall", () => {
    expect(snap([9.8, 0.1], [SQUARE], 0.5)).toMatchObject({ point: [10, 0], to: "corner" });
    expect(snap([5, 0.3], [SQUARE], 0.5)).toMatchObject({ point: [5, 0], to: "wall" });
    expect(snap([5, 3], [SQUARE], 0.5)).toEqual({ point: [5, 3], to: null, across: null });
  });

  test("tells the way out through a wall, whichever way round the outline was drawn", () => {
    for (const outline of [SQUARE, [...SQUARE].reverse()]) {
      const south = snap([5, 0.3], [outline], 0.5);
      expect(outward(south.point, south.across ?? 0, outline)).toBe(180);
      const east = snap([9.9, 5], [outline], 0.5);
      expect(outward(east.point, east.across ?? 0, outline)).toBe(90);
    }
  });

  test("counts bearings clockwise from north", () => {
    expect(bearing([0, 0], [1, 0])).toBeCloseTo(90);
    expect(bearing([0, 0], [-1, 1])).toBeCloseTo(315);
  });

  test("knows inside from outside", () => {
    expect(inside([5, 5], SQUARE)).toBe(true);
    expect(inside([11, 5], SQUARE)).toBe(false);
  });
});
