import { describe, expect, it } from "vitest";

import { advice } from "../../src/core/advice.js";
import type { CameraStatus, Source } from "../../src/core/protocol.js";

const UP: Source = {
  state: "up",
  reason: "none",
  detail: "",
  advice: "Nothing.",
  since_at: 0,
  fps: 10,
  bitrate_bps: 1e6,
  loss: 0,
  reconnects: 0,
  transport: "tcp",
  codec: "H264",
  width: 640,
  height: 360,
  clock: "trusted",
  clock_reason: "",
  notes: [],
  delivery: "All viewers get the main stream as it is (H.264).", age: 0.2, age_state: "live",
};
const camera = (main: Partial<Source>, sub?: Partial<Source>): CameraStatus => ({
  id: "a",
  name: "A",
  site: "s",
  streams: { main: { ...UP, ...main }, ...(sub ? { sub: { ...UP, ...sub } } : {}) },
  unchanged_since_at: null,
  viewers: 0,
});

describe("advice on a camera", () => {
  it("says nothing if everything is fine", () => {
    expect(advice(camera({}, {}))).toEqual([]);
  });

  it("says only once what is true of both streams, and names the substream if only that is affected", () => {
    const late = "The pictures arrive late: the network cannot carry this stream.";
    const frames = "The camera sends B-frames, which browsers cannot play live: turn them off.";
    expect(advice(camera({ notes: [frames] }, { notes: [frames, late] }))).toEqual([frames, `Substream: ${late}`]);
  });

  it("says what to check if pictures are late and nothing else says why", () => {
    expect(advice(camera({ age: 3.2, age_state: "delayed" })).join()).toContain("old when they arrive");
    expect(advice(camera({ age_state: "delayed", notes: ["It fell behind."] }))).toEqual(["It fell behind."]);
  });

  it("says first what to do about a stream that is down", () => {
    const notes = ["The camera's clock is 10 s fast."];
    const down: Partial<Source> = { state: "down", advice: "Check its cable.", notes };
    expect(advice(camera(down))).toEqual(["Check its cable.", "The camera's clock is 10 s fast."]);
  });

  it.each([
    ["udp", "set its transport to tcp, or check its network."],
    ["tcp", "camera: check its network."],
  ])("reports lost packets over %s and says what to do", (transport, words) => {
    expect(advice(camera({ loss: 0.02, transport })).join()).toContain(words);
    expect(advice(camera({ loss: 0.009, transport }))).toEqual([]);
  });

  it("reports reconnections once there have been three", () => {
    expect(advice(camera({ reconnects: 2 }))).toEqual([]);
    expect(advice(camera({ reconnects: 3 })).join()).toContain("Reconnected 3 times");
  });

  it("says what viewers get unless it is the camera's H.264", () => {
    const delivery = "All viewers get one shared transcode of the main stream (H.265) to H.264.";
    expect(advice(camera({ codec: "H265", delivery }))).toEqual([delivery]);
    expect(advice(camera({ delivery }))).toEqual([delivery]);
  });
});
