import { describe, expect, it } from "vitest";

import { FORGOTTEN_AFTER, blank, current, toggled } from "../../../src/core/alarm/form.js";

describe("the coordinator's form", () => {
  const drill = { ...toggled(blank(100), "dispatcher-1"), kind: "drill" as const, room: "lincoln-gym" };

  it("goes back to REAL, no room and nobody if it is not used", () => {
    expect(current(drill, 100 + FORGOTTEN_AFTER)).toEqual(blank(100 + FORGOTTEN_AFTER));
  });

  it("stays as it is while it is used", () => {
    expect(current(drill, 99 + FORGOTTEN_AFTER)).toBe(drill);
    expect(current({ ...drill, touchedAt: 200 }, 250 + 50)).toMatchObject({ kind: "drill" });
  });

  it("enrols with one press and removes with another", () => {
    expect(drill.enrolled).toEqual(new Set(["dispatcher-1"]));
    expect(toggled(drill, "dispatcher-1").enrolled.size).toBe(0);
  });
});
