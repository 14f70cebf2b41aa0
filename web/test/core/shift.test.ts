import { describe, expect, it } from "vitest";

import { shiftState } from "../../src/core/shift.js";

describe("the end of a shift", () => {
  const me = { may_continue_at: 1000, expires_at: 4600, carried_on: false };

  it("is shown in the last hour, and is urgent in the last ten minutes", () => {
    expect(shiftState(me, 999)).toBe("quiet");
    expect(shiftState(me, 1000)).toBe("offer");
    expect(shiftState(me, 3999)).toBe("offer");
    expect(shiftState(me, 4000)).toBe("urgent");
    expect(shiftState(me, 5000)).toBe("urgent");
  });

  it("is shown even if it cannot be extended any more", () => {
    expect(shiftState({ ...me, may_continue_at: null }, 999)).toBe("quiet");
    expect(shiftState({ ...me, may_continue_at: null }, 1001)).toBe("offer");
  });

  it("is not a warning while an open incident keeps it from ending", () => {
    expect(shiftState({ ...me, carried_on: true }, 4500)).toBe("carried_on");
  });
});
