import { describe, expect, test } from "vitest";

import type { PlanChange } from "../../src/core/plan-versions.js";
import { compare } from "../../src/drawing/comparison.js";
import type { Feature, PlanDocument } from "../../src/drawing/document.js";

const point = (id: string, properties: Feature["properties"], at: readonly [number, number]): Feature => ({
  type: "Feature",
  id,
  properties,
  geometry: { type: "Point", coordinates: at },
});
const area = (id: string, properties: Feature["properties"]): Feature => ({
  type: "Feature",
  id,
  properties,
  geometry: { type: "Polygon", coordinates: [[[0, 0], [0.001, 0], [0.001, 0.001], [0, 0.001], [0, 0]]] },
});
const site = point("site", { type: "site", name: "Lincoln" }, [0, 0]);
const main = area("main", { type: "building", name: "Main" });
const ground = area("ground", { type: "floor", name: "Ground floor", building: "main" });
const upper = area("upper", { type: "floor", name: "Upper floor", building: "main" });
const room = area("room", { type: "room", name: "Music", number: "12", floor: "upper" });
const door = point("door", { type: "door", floor: "upper", number: "3" }, [0.0005, 0.001]);
const of = (...features: Feature[]): PlanDocument => ({ type: "FeatureCollection", features: [site, main, ground, upper, ...features] });
const change = (kind: PlanChange["kind"], feature: string): PlanChange => ({ kind, feature, type: "room", name: "", details: [] });

describe("two versions of a plan", () => {
  test("are drawn only on the sheets where something changed, with the building's name", () => {
    const sheets = compare(of(room), of(room, door), [change("added", "door")]);
    expect(sheets.map((sheet) => sheet.name)).toEqual(["Main, Upper floor"]);
  });

  test("number what was removed on the drawing before, and what was added on the one after, as the list does", () => {
    const [sheet] = compare(of(room), of(door), [change("removed", "room"), change("added", "door")]);
    expect(sheet?.before.filter((one) => one.change !== null).map((one) => [one.label, one.change])).toEqual([["12", 1]]);
    expect(sheet?.after.filter((one) => one.change !== null).map((one) => [one.type, one.change])).toEqual([["door", 2]]);
  });

  test("have north up and one scale for both drawings", () => {
    const [sheet] = compare(of(), of(door), [change("added", "door")]);
    expect(sheet?.after.find((one) => one.type === "door")?.middle[1]).toBeLessThan(-100);
    expect(sheet?.box[1]).toBeLessThan(-110);
  });

  test("without a site, or without any change that can be drawn, have no drawings", () => {
    expect(compare({ type: "FeatureCollection", features: [] }, { type: "FeatureCollection", features: [room] }, [])).toEqual([]);
    expect(compare(of(room), of(room), [change("changed", "site")])).toEqual([]);
  });
});
