import { describe, expect, it } from "vitest";

import { audible, judge, type Glass, type TileState } from "../../../src/core/age/age.js";

const LIMITS = { live_below: 2, delayed_below: 5, no_frame_after: 3, gateway_lost_after: 3 };
const NOW = 50;
/** A frame that was captured `age` seconds ago and has just been shown. The gateway's clock is 1000 s ahead. */
function glass(age: number, changes: Partial<Glass> = {}, trusted = true): Glass {
  const reason = trusted ? "" : "No sender reports.";
  const capture = { capture: NOW + 1000 - age, uncertainty: 0.05, trusted, reason, stream: "main" as const };
  return {
    now: NOW,
    heardAt: NOW,
    clock: { offset: 1000, uncertainty: 0.05 },
    shownAt: NOW,
    capturedAt: NOW - age,
    capture,
    sourceFault: null,
    heldBack: null,
    ...changes,
  };
}
const said = (of: Glass): string => judge(of, LIMITS).state;

describe("a trusted frame", () => {
  it.each([
    [0.4, "live"],
    [1.89, "live"],
    [1.91, "delayed"],
    [3.1, "delayed"],
    [4.89, "delayed"],
    [4.91, "not_live"],
    [1200, "not_live"],
  ])("of %d s is %s: its uncertainty counts against it", (age, state) => {
    expect(said(glass(age))).toBe(state);
  });

  it.each([0.4, 3.1, 1200])("of %d s shows its age without the uncertainty, and has both", (age) => {
    const verdict = judge(glass(age), LIMITS);
    expect(verdict.age).toBeCloseTo(age, 9);
    expect(verdict.uncertainty).toBeCloseTo(0.1, 9);
  });

  it("has age 0 if it is slightly in the future; further ahead, it is not trusted", () => {
    expect(judge(glass(-0.1), LIMITS)).toMatchObject({ state: "live", age: 0 });
    expect(said(glass(-10))).toBe("unverified");
  });
});

describe("a frame whose time is not trusted", () => {
  it.each([
    [0.4, "unverified"],
    [2, "delayed"],
    [5, "not_live"],
  ])("and is at least %d s old is %s, never live", (age, state) => {
    expect(said(glass(age, {}, false))).toBe(state);
  });

  it("says why, and has no uncertainty: its age is only a lower bound", () => {
    expect(judge(glass(0.4, {}, false), LIMITS)).toMatchObject({ reason: "No sender reports.", uncertainty: null });
  });
});

describe("NOT LIVE, whatever the last age was", () => {
  it.each<[string, Partial<Glass>]>([
    ["no frame has come yet, or none since a sleep", { shownAt: null }],
    ["no new frame has come for three seconds", { shownAt: NOW - 3 }],
    ["the gateway has not been heard for three seconds", { heardAt: NOW - 3 }],
    ["the gateway has never been heard", { heardAt: null }],
    ["the gateway's clock is not known", { clock: null }],
    ["the map does not cover the frame", { capture: null }],
    ["the camera is down", { sourceFault: "Camera cannot be reached." }],
  ])("when %s", (_, changes) => {
    expect(said(glass(0.1, changes))).toBe("not_live");
  });

  it("keeps counting from the capture of the shown frame while nothing arrives", () => {
    expect(judge(glass(20, { shownAt: NOW - 17 }), LIMITS).age).toBeCloseTo(20, 9);
    const lost = { clock: null, heardAt: NOW - 10, shownAt: NOW - 10, capturedAt: NOW - 13, capture: null };
    expect(judge(glass(0, lost), LIMITS).age).toBe(13);
    expect(judge(glass(0, { ...lost, capturedAt: null }), LIMITS).age).toBe(10);
  });

  it("names the camera's fault", () => {
    expect(judge(glass(0.1, { sourceFault: "Camera refuses the password." }), LIMITS).reason).toContain("password");
  });

  it("names the lost connection rather than the camera: nothing is known about the camera then", () => {
    const both = { heardAt: NOW - 4, sourceFault: "Camera cannot be reached." };
    expect(judge(glass(0.1, both), LIMITS).reason).toContain("No connection");
  });
});

describe("while pictures are held back", () => {
  const heldBack = "Connection too slow. Waiting for the next picture.";

  it.each([
    [0.1, true, "delayed"],
    [3.1, true, "delayed"],
    [0.1, false, "unverified"],
    [6, true, "not_live"],
  ] as const)("a frame of %d s, trusted %s, is %s: never LIVE", (age, trusted, state) => {
    expect(said(glass(age, { heldBack }, trusted))).toBe(state);
  });

  it("does not blame the camera for an old picture", () => {
    expect(judge(glass(3.5, { shownAt: NOW - 3.2, heldBack }), LIMITS).reason).toBe(heldBack);
  });
});

describe("a camera's sound", () => {
  it.each<[TileState, boolean]>([
    ["live", true],
    ["unverified", true],
    ["delayed", false],
    ["not_live", false],
  ])("beside a picture that is %s is allowed: %s", (state, heard) => {
    expect(audible(state)).toBe(heard);
  });
});
