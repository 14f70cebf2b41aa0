/** Maps the RTP timestamp of a frame to the gateway time at which it was captured. Pure. */

import type { SentStream, TimelinePoint } from "../protocol.js";

const RATE = 90_000;
/** A point also dates frames that are up to this long before it (seconds). */
const BEFORE = 1;
/** A point does not date frames that are more than this long after it (seconds). */
const AFTER = 5;
const KEPT = 120;
/** A point dates only frames whose RTP timestamps differ from its own by a multiple of this. Where a map no longer holds, the
 *  gateway changes the remainder, so that a frame that arrives before its map is not dated with the previous map. */
const GRID = 8;

/** When a frame was captured, in gateway time. If it is not `trusted`, the age is a lower bound. */
export interface Capture {
  readonly capture: number;
  readonly uncertainty: number;
  readonly trusted: boolean;
  readonly reason: string;
  /** The stream that the map describes. */
  readonly stream: SentStream;
}

/** Return `a - b` of two 32-bit RTP timestamps in seconds, even if one of them has wrapped around. */
export function rtpSeconds(a: number, b: number): number {
  return ((a - b) | 0) / RATE;
}

/** The newest points of one session. */
export class Timeline {
  #points: TimelinePoint[] = [];

  add(point: TimelinePoint): void {
    this.#points.push(point);
    if (this.#points.length > KEPT) this.#points.shift();
  }

  clear(): void {
    this.#points = [];
  }

  /** Return the capture time of the frame, or null if the map does not cover it. */
  capture(rtp: number): Capture | null {
    const point = this.#pointFor(rtp);
    if (point === null) return null;
    return {
      capture: point.capture + rtpSeconds(rtp, point.rtp),
      uncertainty: point.uncertainty,
      trusted: point.trusted,
      reason: point.reason,
      stream: point.stream,
    };
  }

  /** Return the newest point that is at most a second later than the frame. A point of a new epoch does not date an
   * earlier frame if a point of the frame's own epoch can. */
  #pointFor(rtp: number): TimelinePoint | null {
    let ahead: TimelinePoint | null = null;
    for (let index = this.#points.length - 1; index >= 0; index -= 1) {
      const point = this.#points[index];
      if (point === undefined || (rtp - point.rtp) % GRID !== 0) continue;
      const since = rtpSeconds(rtp, point.rtp);
      if (since < -BEFORE) continue;
      if (since < 0) {
        ahead ??= point;
        continue;
      }
      if (since > AFTER) break;
      return ahead !== null && ahead.epoch === point.epoch ? ahead : point;
    }
    return ahead;
  }
}
