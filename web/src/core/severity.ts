/** Which camera needs a hand first. Pure. */

import type { CameraStatus, Source, SourceState } from "./protocol.js";

/** `late`: pictures are passed on, and too old to be live. */
export type Standing = SourceState | "late";

const ORDER: Readonly<Record<Standing, number>> = { down: 0, stalled: 1, connecting: 2, late: 3, up: 4 };

export function standing(source: Source): Standing {
  const late = source.age_state === "delayed" || source.age_state === "not_live";
  return source.state === "up" && late ? "late" : source.state;
}

/** The stream that is off worst; the main one among equals. */
export function worst(camera: CameraStatus): Source | undefined {
  const { main, sub } = camera.streams;
  if (!main || !sub) return main ?? sub;
  return ORDER[standing(sub)] < ORDER[standing(main)] ? sub : main;
}

/** Worst first, late ones before good ones; then those whose picture does not change or whose clock is not trusted; then by name. */
export function bySeverity(a: CameraStatus, b: CameraStatus): number {
  return rank(a) - rank(b) || a.name.localeCompare(b.name);
}

function rank(camera: CameraStatus): number {
  const source = worst(camera);
  const state = source ? ORDER[standing(source)] : -1;
  const doubt = (camera.unchanged_since_at === null ? 2 : 0) + (source?.clock === "trusted" ? 1 : 0);
  return state * 4 + doubt;
}
