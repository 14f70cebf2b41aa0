import { describe, expect, it, test } from "vitest";

import { firstInside, gridBands, gridLines } from "../../src/core/grid.js";
import { mgrs } from "../../src/core/mgrs.js";
import type { Floor, Plan, Point } from "../../src/core/protocol.js";
import { doorWords, placeAt, placeWords, roomWords } from "../../src/drawing/place.js";
import { findRooms } from "../../src/drawing/rooms.js";
import said from "./places.json" with { type: "json" };

const plan = said.plan as unknown as Plan;
const ground = plan.floors[0] as Floor;

describe("a place on the plan", () => {
  test.each(said.places)("is called what the gateway calls it, at $point", ({ point, cell, room, position, mgrs: reference }) => {
    const place = placeAt(plan, ground, point as unknown as Point);
    expect(place.cell).toBe(cell);
    expect(place.room?.id ?? null).toBe(room);
    expect(place.position[0]).toBeCloseTo(position[0] ?? 0, 5);
    expect(place.position[1]).toBeCloseTo(position[1] ?? 0, 5);
    expect(place.mgrs).toBe(reference);
  });

  it("names the door with the shortest walk to its room", () => {
    expect(placeAt(plan, ground, [4, 3]).door?.number).toBe("1");
  });

  it("is said in the order of the radio: school, cell, room, door, coordinates", () => {
    const lines = placeWords(plan, placeAt(plan, ground, [4, 3]));
    expect(lines.slice(0, 4)).toEqual(["Small School", "Cell H3", "101, Ground floor", "Nearest door: Door 1, Main"]);
    expect(lines[4]).toMatch(/^40\.72\d+, -89\.61\d+$/);
    expect(lines[5]).toMatch(/^MGRS 16T /);
  });

  it("does not say a number twice", () => {
    expect(roomWords({ number: "204", name: "Classroom 204" })).toBe("Classroom 204");
    expect(roomWords({ number: "204", name: "Science" })).toBe("204 Science");
    expect(doorWords({ number: "3", name: "Door 3" })).toBe("Door 3");
  });
});

test.each(said.earth)("the MGRS reference of $position is the gateway's", ({ position, mgrs: reference }) => {
  expect(mgrs(position as unknown as Point)).toBe(reference);
});

describe("the grid", () => {
  it("has a line on both sides of each cell, and a label for each column and row", () => {
    const { columns, rows } = plan.grid;
    expect(gridLines(plan.grid)).toHaveLength(columns.length + rows + 2);
    expect(gridBands(plan.grid).map((band) => band.name).join("")).toBe(columns + Array.from({ length: rows }, (_, i) => i + 1).join(""));
  });

  it("keeps a label in view while any of its column is", () => {
    const box = [0, 0, 100, 100] as const;
    expect(firstInside([50, -80], [50, 300], box)).toEqual([50, 0]);
    expect(firstInside([50, 20], [50, 300], box)).toEqual([50, 20]);
    expect(firstInside([150, -80], [150, 300], box)).toBeNull();
    expect(firstInside([50, 120], [50, 300], box)).toBeNull();
  });
});

describe("the search for a room", () => {
  const found = (query: string): string[] => findRooms(plan, query).map(({ room }) => room.id);

  it("finds a number, however it is typed", () => {
    for (const query of ["101", " 101 ", "room 101", "RM 101"]) expect(found(query)[0]).toBe("101");
  });

  it("finds the beginning of a number and of a name, numbers first", () => {
    expect(found("10")).toEqual(["101", "102"]);
    expect(found("lob")).toEqual(["lobby"]);
  });

  it("finds nothing for nothing, and nothing for a room that the school does not have", () => {
    expect(found("")).toEqual([]);
    expect(found("999")).toEqual([]);
  });
});
