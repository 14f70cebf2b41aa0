import { describe, expect, it } from "vitest";

import { shiftState } from "../src/core/shift.js";

describe("the end of a shift", () => {
  const me = { may_continue_at: 1000, expires_at: 4600 };

  it("is offered to go on from the hour before it, and urgent in the last ten minutes", () => {
    expect(shiftState(me, 999)).toBe("quiet");
    expect(shiftState(me, 1000)).toBe("offer");
    expect(shiftState(me, 3999)).toBe("offer");
    expect(shiftState(me, 4000)).toBe("urgent");
    expect(shiftState(me, 5000)).toBe("urgent");
  });
});
