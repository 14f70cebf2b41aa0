/** Decides what a tile may say about its picture: docs/age.md as one pure function. All times are in seconds. */

import type { Offset } from "./clock-sync.js";
import type { AgeLimits } from "../protocol.js";
import type { Capture } from "./timeline.js";
import { counter } from "../labels.js";

export type TileState = "live" | "delayed" | "not_live" | "unverified";

/** Everything that is known about the frame on the glass. */
export interface Glass {
  /** Page time. */
  readonly now: number;
  /** Page time of the gateway's last message on the event channel; null before the first. */
  readonly heardAt: number | null;
  readonly clock: Offset | null;
  /** Page time at which a new frame last appeared on the glass; null before the first one and after a sleep. */
  readonly shownAt: number | null;
  /** Page time at which that frame was captured, from the last map that covered it. */
  readonly capturedAt: number | null;
  /** When that frame was captured (gateway time); null if the map does not cover it. */
  readonly capture: Capture | null;
  /** Why the camera gives no picture, in words; null while it gives one. */
  readonly sourceFault: string | null;
  /** Why the gateway sends no picture, or why none arrives, in words; null while pictures should arrive. */
  readonly heldBack: string | null;
}

export interface Verdict {
  readonly state: TileState;
  /** Age of the picture on the glass; null if not even a lower bound is known. */
  readonly age: number | null;
  /** The true age differs from `age` by no more than this; null if `age` is only a lower bound. */
  readonly uncertainty: number | null;
  /** Why it is not LIVE, in words; empty if the state says it all. */
  readonly reason: string;
}

/** Return true if the camera may be heard. A late picture has a label that says so; late sound cannot have one. */
export const audible = (state: TileState): boolean => state === "live" || state === "unverified";

/** If a trusted frame is further in the future than this (seconds) plus its uncertainty, do not trust it after all. */
const FUTURE = 0.25;

/** Return the state of a tile. If anything that it needs is unknown, the tile is not LIVE. */
export function judge(glass: Glass, limits: AgeLimits): Verdict {
  const { now, clock, shownAt, capture } = glass;
  if (shownAt === null) return { state: "not_live", age: null, uncertainty: null, reason: glass.sourceFault ?? "" };
  const held = now - shownAt;
  const age = clock && capture ? now + clock.offset - capture.capture : null;
  const atLeast = Math.max(held, age ?? now - (glass.capturedAt ?? shownAt));
  const notLive = (reason: string, uncertainty: number | null = null): Verdict => {
    return { state: "not_live", age: Math.max(atLeast, 0), uncertainty, reason };
  };

  if (glass.heardAt === null || now - glass.heardAt >= limits.gateway_lost_after) {
    return notLive("No connection. Trying again.");
  }
  if (glass.sourceFault !== null) return notLive(glass.sourceFault);
  if (held >= limits.no_frame_after) return notLive(glass.heldBack ?? "No new picture from the camera.");
  if (clock === null) return notLive("Measuring the gateway's clock.");
  if (age === null || capture === null) return notLive("The time of this picture is not known yet.");

  const uncertainty = clock.uncertainty + capture.uncertainty;
  if (capture.trusted && age >= -uncertainty - FUTURE) {
    const oldest = age + uncertainty;
    if (oldest >= limits.delayed_below) return notLive("The picture is arriving late.", uncertainty);
    // However recent a picture is, it is not live if no other picture may follow it.
    const live = oldest < limits.live_below && glass.heldBack === null;
    return { state: live ? "live" : "delayed", age: Math.max(age, 0), uncertainty, reason: "" };
  }
  // A lower bound of the age never makes a picture LIVE, but it can show that the picture is late.
  if (age >= limits.delayed_below) return notLive("The picture is arriving late.");
  const state = age >= limits.live_below ? "delayed" : "unverified";
  const reason = capture.trusted ? "The camera's clock is ahead." : capture.reason;
  return { state, age: Math.max(age, 0), uncertainty: null, reason };
}

/** Return an age such as `0.4 s`, rounded down so that no label shows a limit that its state has not reached. */
export function tenths(seconds: number): string {
  return `${(Math.floor(Math.max(0, seconds) * 10) / 10).toFixed(1)} s`;
}

/** Return the words for a state, such as `DELAYED 3.1 s`. */
export function stateLabel(state: TileState, age: number | null): string {
  switch (state) {
    case "live":
      return age === null ? "LIVE" : `LIVE ${tenths(age)}`;
    case "delayed":
      return age === null ? "DELAYED" : `DELAYED ${tenths(age)}`;
    case "unverified":
      return age === null ? "UNVERIFIED" : `UNVERIFIED ${tenths(age)} since arrival`;
    case "not_live":
      return age === null ? "NOT LIVE" : `NOT LIVE ${counter(age)}`;
  }
}
