import { expect, test } from "vitest";

import type { CameraStatus, Source } from "../../../src/core/protocol.js";
import { cameraState, correction } from "../../../src/ui/cameras/camera-state.js";

const of = (source: Partial<Source>, unchanged: number | null = null): CameraStatus =>
  ({ streams: { main: { state: "up", notes: [], age: 0.3, ...source } }, unchanged_since_at: unchanged }) as unknown as CameraStatus;

test("a list never calls a delayed or frozen camera up", () => {
  expect(cameraState(of({ age_state: "live" }), true).text).toBe("Live");
  expect(cameraState(of({ age_state: "live" }, 5), true).text).toBe("Live, picture unchanged");
  expect(cameraState(of({ age_state: "delayed", age: 3.2 }), true)).toMatchObject({ text: "Delayed 3 s", ok: false });
  expect(cameraState(of({ age_state: "not_live", age: 75 }), true)).toMatchObject({ text: "Not live 01:15", ok: false });
  expect(cameraState(of({ age_state: "unverified" }), true).text).toBe("Unverified");
});

test("a wrong clock is shown as corrected, not as trusted", () => {
  const source = { notes: ["The camera's clock is 2 min fast: make it follow a time server (NTP)."] } as unknown as Source;
  expect(correction(source)).toBe("2 min fast");
  expect(correction({ notes: [] } as unknown as Source)).toBe("");
});

test("a list does not call any camera live while the gateway cannot be reached", () => {
  for (const status of [of({ age_state: "live" }), of({ state: "down", reason: "timed_out", detail: "" }), undefined])
    expect(cameraState(status, false)).toEqual({ icon: "not_live", text: "Not known: no connection", ok: false });
});
