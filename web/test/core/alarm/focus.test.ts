import { describe, expect, it } from "vitest";

import { NOWHERE, choose, follow } from "../../../src/core/alarm/focus.js";
import { incident } from "../../incidents.js";

const lincoln = (changes = {}): ReturnType<typeof incident> => incident({ id: "l", site: "lincoln", ...changes });
const oak = (changes = {}): ReturnType<typeof incident> => incident({ id: "o", site: "oak", ...changes });

describe("the school that a page shows", () => {
  it("an alarm at another school takes the page there even if somebody had chosen a school, and offers the way back", () => {
    const there = follow(choose(NOWHERE, "oak"), [lincoln()]);
    expect(there).toMatchObject({ site: "lincoln", back: "oak", byHand: false });
    expect(choose(there, "oak")).toMatchObject({ site: "oak", back: null, byHand: true });
  });

  it("a choice during an alarm lasts until another alarm", () => {
    const chosen = choose(follow(NOWHERE, [lincoln()]), "oak");
    expect(follow(chosen, [lincoln()]).site).toBe("oak");
    expect(follow(chosen, [lincoln({ acknowledgements: [], confirmed: true })]).site).toBe("oak");
    expect(follow(chosen, [lincoln({ alarms: 2, last_alarm_at: 1100 })])).toMatchObject({ site: "lincoln", back: "oak" });
  });

  it("if two are open when the page starts, it shows the more serious, or else the newer", () => {
    expect(follow(NOWHERE, [lincoln({ kind: "drill", last_alarm_at: 2000 }), oak()]).site).toBe("oak");
    expect(follow(NOWHERE, [lincoln({ last_alarm_at: 2000 }), oak()]).site).toBe("lincoln");
  });

  it("a second real alarm is followed, with the way back to the first", () => {
    const both = follow(follow(NOWHERE, [lincoln()]), [lincoln(), oak({ last_alarm_at: 1100 })]);
    expect(both).toMatchObject({ site: "oak", back: "lincoln" });
  });

  it("a drill or a test at another school does not take the page away from a real incident", () => {
    const first = follow(NOWHERE, [lincoln()]);
    expect(follow(first, [lincoln(), oak({ kind: "drill", last_alarm_at: 1100 })]).site).toBe("lincoln");
    expect(follow(first, [lincoln(), oak({ kind: "test", last_alarm_at: 1100 })]).site).toBe("lincoln");
  });

  it("a drill that was not followed is not followed later, but its next alarm may be", () => {
    const chosen = choose(follow(follow(NOWHERE, [lincoln()]), [lincoln(), oak({ kind: "drill" })]), "elm");
    expect(follow(chosen, [lincoln(), oak({ kind: "drill" })]).site).toBe("elm");
  });

  it("once its school is quiet, a page where nobody chose a school goes to an open incident", () => {
    const both = follow(follow(NOWHERE, [lincoln()]), [lincoln(), oak({ last_alarm_at: 1100 })]);
    expect(follow(both, [lincoln()]).site).toBe("lincoln");
    expect(follow(choose(both, "oak"), [lincoln()]).site).toBe("oak");
    expect(follow(both, []).site).toBe("oak");
  });

  it("never offers to go back to the same school", () => {
    let focus = choose(NOWHERE, "oak");
    focus = follow(focus, [lincoln()]);
    focus = follow(focus, [oak({ last_alarm_at: 1100 })]);
    expect(focus.site).toBe("oak");
    expect(focus.back).not.toBe("oak");
  });
});
