/** Decides what plan and lists say about a camera, depending on its connection and the age of its newest picture. Pure. */

import { counter } from "../../core/labels.js";
import type { CameraStatus, Source } from "../../core/protocol.js";
import type { IconName } from "../icons.js";

/** Lists and plan say this about every camera while the gateway cannot be reached: its last report may no longer be
 *  true. */
export const NOT_KNOWN = { icon: "not_live", text: "Not known: no connection", ok: false } as const;

/** Return the state of a camera's better stream, for the plan and lists. */
export function cameraState(status: CameraStatus | undefined, reachable: boolean): { icon: IconName; text: string; ok: boolean } {
  if (!reachable) return NOT_KNOWN;
  const { main, sub } = status?.streams ?? {};
  const source = main?.state === "up" ? main : sub?.state === "up" ? sub : (main ?? sub);
  switch (source?.state) {
    case "up":
      return ageState(source, status?.unchanged_since_at != null);
    case "stalled":
      return { icon: "stalled", text: `Stalled: ${source.detail || "no pictures are arriving"}`, ok: false };
    case "down":
      return { icon: "down", text: `Down: ${source.detail || source.reason.replaceAll("_", " ")}`, ok: false };
    default:
      return { icon: "connecting", text: "Connecting", ok: false };
  }
}

/** Return what to say about the newest picture of a stream that is up. A late or unchanged picture never looks fine. */
export function ageState(source: Source, unchanged: boolean): { icon: IconName; text: string; ok: boolean } {
  switch (source.age_state) {
    case "live":
      return unchanged ? { icon: "unchanged", text: "Live, picture unchanged", ok: true } : { icon: "live", text: "Live", ok: true };
    case "delayed":
      return { icon: "delayed", text: `Delayed${source.age === null ? "" : ` ${Math.floor(source.age)} s`}`, ok: false };
    case "unverified":
      return { icon: "unverified", text: unchanged ? "Unverified, picture unchanged" : "Unverified", ok: true };
    default:
      return { icon: "not_live", text: `Not live${source.age === null ? "" : ` ${counter(source.age)}`}`, ok: false };
  }
}

/** Return how far off the camera's clock is, such as `2 min fast`, or "" if it is right. */
export function correction(source: Source): string {
  for (const note of source.notes) {
    const found = /^The camera's clock is (.+?) (fast|slow|ahead of UTC|behind UTC):/.exec(note);
    if (found) return `${found[1]} ${found[2]}`;
  }
  return "";
}
