import { describe, expect, it } from "vitest";

import { stateLabel } from "../../src/core/age/age.js";
import { clockStep, counter, span } from "../../src/core/labels.js";

describe("labels", () => {
  it.each([
    ["live", 0.44, "LIVE 0.4 s"],
    ["live", 1.99, "LIVE 1.9 s"],
    ["delayed", 3.1, "DELAYED 3.1 s"],
    ["not_live", 17.8, "NOT LIVE 00:17"],
    ["not_live", null, "NOT LIVE"],
    ["unverified", 0.4, "UNVERIFIED 0.4 s since arrival"],
  ] as const)("%s at %s reads %s", (state, age, label) => {
    expect(stateLabel(state, age)).toBe(label);
  });

  it("count minutes, and hours if there are any", () => {
    expect([counter(40), counter(1200), counter(3725)]).toEqual(["00:40", "20:00", "1:02:05"]);
  });

  it("say which way the gateway's clock was set, and by how much", () => {
    expect(clockStep(-300.4, "14:03:21")).toContain("was set back by 5 min at 14:03:21");
    expect(clockStep(46_800, "14:03:21")).toContain("was set forward by 13 h 00 min at ");
  });

  it("give rough durations for tables", () => {
    expect([span(9), span(240), span(7500), span(90_000)]).toEqual(["9 s", "4 min", "2 h 05 min", "1 d 1 h"]);
  });
});
