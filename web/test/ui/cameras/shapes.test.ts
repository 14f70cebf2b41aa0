import { describe, expect, it } from "vitest";

import { Backoff } from "../../../src/core/gateway/backoff.js";
import type { CameraStatus, Source } from "../../../src/core/protocol.js";
import { bySeverity, standing, worst } from "../../../src/core/severity.js";
import { sourceFault } from "../../../src/media/tile-words.js";
import { fittingLabel, roomLabel, viewWedge } from "../../../src/ui/cameras/plan-drawing.js";

const source = (changes: Partial<Source> = {}): Source => ({
  state: "up",
  reason: "none",
  detail: "",
  advice: "",
  since_at: 0,
  fps: 15,
  bitrate_bps: 0,
  loss: 0,
  reconnects: 0,
  transport: "tcp",
  codec: "",
  width: 0,
  height: 0,
  clock: "trusted",
  clock_reason: "",
  notes: [],
  delivery: "", age: 0.2, age_state: "live",
  ...changes,
});
const camera = (name: string, main: Partial<Source> = {}, unchanged: number | null = null): CameraStatus => ({
  id: name,
  name,
  site: "s",
  streams: { main: source(main), sub: source() },
  unchanged_since_at: unchanged,
  viewers: 0,
});

describe("the table of cameras", () => {
  it("lists down, stalled, connecting, late, doubtful, then good ones by name", () => {
    const cameras = [
      camera("b"),
      camera("late", { age: 3.2, age_state: "delayed" }),
      camera("a"),
      camera("unverified", { clock: "untrusted" }),
      camera("frozen", {}, 5),
      camera("connecting", { state: "connecting" }),
      camera("stalled", { state: "stalled" }),
      camera("down", { state: "down" }),
    ];
    const names = cameras.sort(bySeverity).map((one) => one.name);
    expect(names).toEqual(["down", "stalled", "connecting", "late", "frozen", "unverified", "a", "b"]);
  });

  it("does not count a camera with late pictures as well", () => {
    expect(standing(source({ age_state: "delayed" }))).toBe("late");
    expect(standing(source({ age_state: "not_live" }))).toBe("late");
    expect(standing(source({ age_state: "unverified" }))).toBe("up");
    expect(standing(source({ state: "down", age_state: "not_live" }))).toBe("down");
  });

  it("shows the stream in the worst state", () => {
    const one = camera("a");
    one.streams.sub = source({ state: "down", reason: "not_found" });
    expect(worst(one)?.reason).toBe("not_found");
  });
});

describe("a camera's fault on a tile", () => {
  it("is the fault of the stream that is shown", () => {
    const one = camera("a", { state: "down", reason: "password_refused" });
    expect(sourceFault(one, "main")).toContain("password");
    expect(sourceFault(one, "sub")).toBeNull();
  });

  it("is none if nothing is known", () => {
    expect(sourceFault(undefined, "main")).toBeNull();
  });
});

describe("the plan", () => {
  it("turns a heading clockwise from north into metres east and north", () => {
    const wedge = viewWedge({ position: [10, 20], heading: 90, fov: 60, range: 8 });
    const middle = wedge[7];
    expect(wedge[0]).toEqual([10, 20]);
    expect(middle?.[0]).toBeCloseTo(18, 9);
    expect(middle?.[1]).toBeCloseTo(20, 9);
  });

  it("labels a room by number and name, with the number only once", () => {
    expect(roomLabel({ number: "100", name: "Main office" })).toBe("100\nMain office");
    expect(roomLabel({ number: "101", name: "Classroom 101" })).toBe("101\nClassroom");
    expect(roomLabel({ number: "", name: "Lobby" })).toBe("Lobby");
  });

  it("shows as much of a label as fits the room", () => {
    const room = { number: "100", name: "Main office" };
    expect([fittingLabel(room, 80, 30), fittingLabel(room, 30, 30), fittingLabel(room, 10, 30)]).toEqual([
      "100\nMain office",
      "100",
      "",
    ]);
  });
});

describe("backoff", () => {
  it("doubles up to its ceiling, with jitter of up to a half, and starts again", () => {
    const longest = new Backoff(100, 500, () => 1);
    expect([longest.next(), longest.next(), longest.next(), longest.next()]).toEqual([100, 200, 400, 500]);
    longest.reset();
    expect(longest.next()).toBe(100);
    expect(new Backoff(100, 500, () => 0).next()).toBe(50);
  });
});
