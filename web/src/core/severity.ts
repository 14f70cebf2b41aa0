/** Which camera needs a hand first. Pure. */

import type { CameraStatus, Source, SourceState } from "./protocol.js";

const ORDER: Readonly<Record<SourceState, number>> = { down: 0, stalled: 1, connecting: 2, up: 3 };

/** The stream that is off worst; the main one among equals. */
export function worst(camera: CameraStatus): Source | undefined {
  const { main, sub } = camera.streams;
  if (!main || !sub) return main ?? sub;
  return ORDER[sub.state] < ORDER[main.state] ? sub : main;
}

/** Worst first; then those whose picture does not change or whose clock is not trusted; then by name. */
export function bySeverity(a: CameraStatus, b: CameraStatus): number {
  return rank(a) - rank(b) || a.name.localeCompare(b.name);
}

function rank(camera: CameraStatus): number {
  const source = worst(camera);
  const state = source ? ORDER[source.state] : -1;
  const doubt = (camera.unchanged_since_at === null ? 2 : 0) + (source?.clock === "trusted" ? 1 : 0);
  return state * 4 + doubt;
}
