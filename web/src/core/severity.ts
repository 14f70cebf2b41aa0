/** Sorts cameras by how urgently they need attention. Pure. */

import type { CameraStatus, Source, SourceState } from "./protocol.js";

/** `late`: pictures are being passed on but are too old to be live. */
export type Standing = SourceState | "late";

const ORDER: Readonly<Record<Standing, number>> = { down: 0, stalled: 1, connecting: 2, late: 3, up: 4 };

export function standing(source: Source): Standing {
  const late = source.age_state === "delayed" || source.age_state === "not_live";
  return source.state === "up" && late ? "late" : source.state;
}

/** Return the stream in the worse state, or the main stream if both are equal. */
export function worst(camera: CameraStatus): Source | undefined {
  const { main, sub } = camera.streams;
  if (!main || !sub) return main ?? sub;
  return ORDER[standing(sub)] < ORDER[standing(main)] ? sub : main;
}

/** Compare two cameras: by state, worst first; then by an unchanged picture or an untrusted clock; then by name. */
export function bySeverity(a: CameraStatus, b: CameraStatus): number {
  return rank(a) - rank(b) || a.name.localeCompare(b.name);
}

function rank(camera: CameraStatus): number {
  const source = worst(camera);
  const state = source ? ORDER[standing(source)] : -1;
  const doubt = (camera.unchanged_since_at === null ? 2 : 0) + (source?.clock === "trusted" ? 1 : 0);
  return state * 4 + doubt;
}
