import { expect, it } from "vitest";

import { FEATURE_KINDS } from "../../src/drawing/fields.js";
import { OUTLINES, SIGNS, signOf } from "../../src/drawing/signs.js";

it("offers every kind of the table in the editor, each with a sign of its own", () => {
  const signs = FEATURE_KINDS.map(signOf);
  expect(new Set(signs.map((sign) => sign.short)).size).toBe(FEATURE_KINDS.length);
  for (const sign of signs) expect(OUTLINES[sign.shape]).toBeTruthy();
});

it("never leaves out the key box and the emergency locker", () => {
  const always = FEATURE_KINDS.filter((kind) => SIGNS[kind]?.importance === 1);
  expect(always.sort()).toEqual(["key_box", "supply_locker"]);
});

it("says in words what a kind is that it does not know", () => {
  expect(signOf("bee_hive")).toMatchObject({ short: "?", words: "bee hive" });
});
