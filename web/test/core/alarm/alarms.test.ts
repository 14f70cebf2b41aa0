import { describe, expect, it } from "vitest";

import { acknowledgedBy, favicon, isAsked, overdue, sounding, title } from "../../../src/core/alarm/alarms.js";
import type { Incident, Role } from "../../../src/core/protocol.js";
import { incident, trigger } from "../../incidents.js";

const NOBODY = new Map<string, number>();
const POLICE: ReadonlySet<Role> = new Set(["dispatcher", "headquarters", "patrol"]);
const me = (role: Role = "dispatcher"): { id: string; police: boolean } => ({ id: "d-1", police: POLICE.has(role) });
const heard = (incidents: Incident[], role: Role = "dispatcher", now = 1001, pressed = NOBODY): string => {
  const sounds = sounding(incidents, me(role), pressed, now);
  return sounds === null ? "silence" : `${sounds.kind}${sounds.pressing ? ", pressing" : ""}`;
};
const acknowledged = (by: string, role: Role, newest: boolean): Incident["acknowledgements"] => [
  { principal: by, name: by, role, at: 1004, newest, confirms: POLICE.has(role) },
];

describe("what sounds now", () => {
  const drill = incident({ id: "d", kind: "drill" });
  const real = incident({ id: "r" });
  const test = incident({ id: "t", kind: "test" });
  const confirmed = { confirmed: true };

  it.each([
    ["nothing open", [], "silence"],
    ["a real alarm", [real], "real"],
    ["a drill", [drill], "drill"],
    ["a test", [test], "test"],
    ["a real alarm among drill and test", [test, drill, real], "real"],
    ["a real alarm that the police have acknowledged", [incident(confirmed)], "silence"],
    ["a confirmed real one beside a drill that nobody has seen", [incident({ id: "r", ...confirmed }), drill], "drill"],
    ["two schools, one confirmed", [incident({ id: "r", ...confirmed }), incident({ id: "s", site: "oak" })], "real"],
    ["an incident that is over", [incident({ state: "all_clear" })], "silence"],
  ])("%s", (_, incidents, expected) => {
    expect(heard(incidents)).toBe(expected);
  });

  it.each([
    ["dispatcher", "real"],
    ["headquarters", "real"],
    ["patrol", "real"],
    ["coordinator", "silence"],
    ["district_it", "silence"],
    ["auditor", "silence"],
  ] as const)("on the page of a %s: %s", (role, expected) => {
    expect(heard([real], role)).toBe(expected);
    expect(heard([real], role, 9999)).toBe(expected === "real" ? "real, pressing" : "silence");
  });

  it("gets louder and faster from the moment by which somebody should have acknowledged", () => {
    expect(heard([real], "patrol", 1014.9)).toBe("real");
    expect(heard([real], "patrol", 1015)).toBe("real, pressing");
    expect(overdue(incident(confirmed), 1015)).toBe(false);
    expect(overdue(incident({ unconfirmed: true }), 900)).toBe(true);
  });

  it("an overdue drill does not make a real alarm louder if the real one is not overdue", () => {
    expect(heard([incident({ confirm_by_at: 2000 }), drill], "patrol", 1500)).toBe("real");
  });

  it("a press on the page silences it before the gateway has answered, but does not silence a later alarm", () => {
    const pressed = new Map([["r", 1]]);
    expect(heard([real], "patrol", 1016, pressed)).toBe("silence");
    expect(heard([incident({ id: "r", alarms: 2 })], "patrol", 1016, pressed)).toBe("real, pressing");
  });

  it("an acknowledgement of the first alarm neither silences the second nor counts as mine", () => {
    const again = { alarms: 2, last_alarm_at: 1300, confirm_by_at: 1315 };
    const second = incident({ ...again, acknowledgements: acknowledged("d-1", "dispatcher", false) });
    expect(acknowledgedBy(second, "d-1")).toBe(false);
    expect(heard([second], "dispatcher", 1301)).toBe("real");
  });

  it("the school's own acknowledgement does not silence the police's pages", () => {
    expect(heard([incident({ acknowledgements: acknowledged("c-1", "coordinator", true) })])).toBe("real");
  });
});

describe("title and icon", () => {
  it("show the kind and the school, or the number of alarms, and change once a second while an alarm sounds", () => {
    const sounds = { kind: "real", pressing: false } as const;
    expect(title([], null, false)).toBe("Sightline");
    expect(title([incident()], null, true)).toBe("REAL \u00b7 Lincoln \u00b7 Sightline");
    expect(title([incident({ id: "a", kind: "test" }), incident()], sounds, true)).toContain("REAL \u00b7 2 alarms");
    expect(title([incident()], sounds, true)).not.toBe(title([incident()], sounds, false));
    expect(favicon([incident()], sounds, true)).not.toBe(favicon([incident()], sounds, false));
  });

  it("the icon's shape differs by kind, not only its colour", () => {
    const kinds = ["real", "drill", "test"] as const;
    const shapes = kinds.map((kind) => /d="([^"]+)"/.exec(favicon([incident({ kind })], null, false))?.[1]);
    expect(new Set([...shapes, /d="([^"]+)"/.exec(favicon([], null, false))?.[1]]).size).toBe(4);
  });
});

describe("who is asked to acknowledge", () => {
  const secretary = { id: "c-1", name: "School coordinator 1" };
  const own = trigger({ trigger: "console", by: secretary.name });

  it.each([
    ["whoever has not seen a button's alarm", incident(), true],
    ["not who has", incident({ acknowledgements: acknowledged("c-1", "coordinator", true) }), false],
    ["again after a new alarm", incident({ acknowledgements: acknowledged("c-1", "coordinator", false) }), true],
    ["not who pressed it", incident({ triggers: [own] }), false],
    ["who pressed it, of a newer alarm of a button", incident({ triggers: [trigger(), own] }), true],
  ])("%s", (_, alarmed, expected) => {
    expect(isAsked(alarmed, secretary)).toBe(expected);
  });
});
