import { describe, expect, it } from "vitest";

import type { TimelinePoint } from "../../../src/core/protocol.js";
import { Timeline, rtpSeconds } from "../../../src/core/age/timeline.js";

const SECOND = 90_000;
const WRAP = 2 ** 32;
/** RTP timestamps of frames that one map dates differ by multiples of this. */
const GRID = 8;
const point = (changes: Partial<TimelinePoint>): TimelinePoint => ({
  rtp: 0,
  capture: 100,
  uncertainty: 0.01,
  trusted: true,
  reason: "",
  epoch: "main-1-0",
  stream: "main",
  ...changes,
});

function timeline(...points: TimelinePoint[]): Timeline {
  const made = new Timeline();
  points.forEach((one) => made.add(one));
  return made;
}

describe("the map from RTP time to capture time", () => {
  it("covers nothing before the first point", () => {
    expect(timeline().capture(0)).toBeNull();
  });

  it("continues at 90 kHz from its point", () => {
    expect(timeline(point({})).capture(SECOND / 2)?.capture).toBeCloseTo(100.5, 9);
  });

  it("crosses the 32-bit wrap in both directions", () => {
    expect(rtpSeconds(10, WRAP - SECOND + 10)).toBeCloseTo(1, 9);
    expect(rtpSeconds(WRAP - SECOND, 0)).toBeCloseTo(-1, 9);
    expect(timeline(point({ rtp: WRAP - SECOND })).capture(SECOND)?.capture).toBeCloseTo(102, 9);
  });

  it("covers a frame up to a second before its first point, but no earlier", () => {
    const map = timeline(point({ rtp: 10 * SECOND }));
    expect(map.capture(9 * SECOND)?.capture).toBeCloseTo(99, 9);
    expect(map.capture(9 * SECOND - 1)).toBeNull();
  });

  it("does not cover a frame more than five seconds after its last point", () => {
    const map = timeline(point({}));
    expect(map.capture(5 * SECOND)).not.toBeNull();
    expect(map.capture(5 * SECOND + 1)).toBeNull();
  });

  it("uses the newest point that is at most a second later than the frame", () => {
    const map = timeline(point({}), point({ rtp: SECOND, capture: 105 }), point({ rtp: 20 * SECOND, capture: 200 }));
    expect(map.capture(SECOND / 2)?.capture).toBeCloseTo(104.5, 9);
  });

  it("dates a frame that waited in a queue with the points of its own time", () => {
    const points = Array.from({ length: 60 }, (_, i) => point({ rtp: i * SECOND, capture: 100 + 2 * i }));
    expect(timeline(...points).capture(30 * SECOND)?.capture).toBeCloseTo(2 * 31 + 100 - 1, 9);
  });

  it("does not date a frame from before a reconnection with points from after it", () => {
    const map = timeline(point({}), point({ rtp: SECOND, capture: 500, epoch: "main-2-0" }));
    expect(map.capture(SECOND - GRID)?.capture).toBeCloseTo(101, 3);
    expect(map.capture(SECOND)?.capture).toBe(500);
  });

  it("does not date a frame from after a reconnection with points from before it, even if no others have come", () => {
    const map = timeline(point({}));
    const later = SECOND + 1; // the gateway changes the remainder
    expect(map.capture(later)).toBeNull();
    map.add(point({ rtp: later, capture: 90, epoch: "main-2-0" }));
    expect(map.capture(later)?.capture).toBe(90);
    expect(map.capture(SECOND)?.capture).toBeCloseTo(101, 9);
    expect(timeline(point({ rtp: WRAP - 3 })).capture(GRID - 3)?.capture).toBeCloseTo(100, 3);
  });

  it("says for each frame whether its time is trusted", () => {
    const map = timeline(point({}), point({ rtp: 10 * SECOND, trusted: false, reason: "jumped" }));
    expect(map.capture(11 * SECOND)).toMatchObject({ trusted: false, reason: "jumped" });
  });

  it("keeps a bounded number of points", () => {
    const map = timeline(...Array.from({ length: 200 }, (_, i) => point({ rtp: i * SECOND })));
    expect(map.capture(10 * SECOND)).toBeNull();
    expect(map.capture(199 * SECOND)).not.toBeNull();
  });
});
