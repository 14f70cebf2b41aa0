import { describe, expect, it } from "vitest";

import { confirmation, confirmations } from "../../../src/core/alarm/confirmation.js";
import type { Incident } from "../../../src/core/protocol.js";

const at = (principal: string, role: "dispatcher" | "coordinator", when: number): Incident["acknowledgements"][number] => ({
  principal,
  name: principal,
  role,
  at: when,
  newest: when >= 100,
  confirms: role === "dispatcher",
});

const incident = (values: Partial<Incident>): Incident =>
  ({ confirmed: false, confirm_by_at: 115, last_alarm_at: 100, acknowledgements: [], ...values }) as Incident;

describe("what a school's page knows about the police", () => {
  it("is overdue when nobody has confirmed in time", () => {
    expect(confirmation(incident({}), 114, true)).toBe("waiting");
    expect(confirmation(incident({}), 115, true)).toBe("overdue");
  });

  it("is unknown without a connection, however long ago the alarm was", () => {
    expect(confirmation(incident({}), 101, false)).toBe("unknown");
    expect(confirmation(incident({}), 900, false)).toBe("unknown");
  });

  it("stays confirmed without a connection, because it was confirmed before", () => {
    expect(confirmation(incident({ confirmed: true }), 900, false)).toBe("confirmed");
  });

  it("names police who have acknowledged this alarm, not the school or those who acknowledged an earlier one", () => {
    const acknowledgements = [at("late", "dispatcher", 130), at("school", "coordinator", 101), at("old", "dispatcher", 99)];
    expect(confirmations(incident({ acknowledgements })).map((one) => one.name)).toEqual(["late"]);
  });
});
