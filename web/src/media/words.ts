/** Reasons in words. A reason in `ENDINGS` is final until somebody, or a new incident, asks again. */

import type { CameraStatus, SentStream, Waiting } from "../core/protocol.js";

export const ENDINGS: Readonly<Record<string, string>> = {
  incident_ended: "The incident has ended, and the access with it.",
  revoked: "This access has been withdrawn.",
  signed_out: "You have been signed out.",
  camera_removed: "This camera has been removed.",
};

const INTERRUPTIONS: Readonly<Record<string, string>> = {
  never_connected: "No way through to the gateway's media port. Trying again.",
  dtls_failed: "The secure connection failed. Trying again.",
  token_expired: "The permission was not renewed in time. Asking again.",
  codec_changed: "The camera sends another format now. Opening it anew.",
  worker_lost: "A part of the gateway is restarting. Trying again.",
  shutdown: "The gateway is restarting. Trying again.",
  interrupted: "The connection was interrupted. Trying again.",
  viewer_gone: "The connection was interrupted. Trying again.",
};

export const interruption = (reason: string): string => INTERRUPTIONS[reason] ?? "The picture stopped. Trying again.";

const FAULTS: Readonly<Record<string, string>> = {
  unreachable: "Camera out of reach.",
  timed_out: "Camera does not answer.",
  password_refused: "Camera refuses the password.",
  not_found: "Camera does not know this stream.",
  unsupported: "Camera sends a format that cannot be shown.",
  malformed: "Camera sends what cannot be read.",
  closed_by_camera: "Camera closed the connection.",
  stream_stopped: "Camera has stopped sending.",
  session_limit: "Camera serves too many others.",
  not_trusted: "Camera cannot prove what it is.",
  redirect_refused: "Camera sends us to another place.",
  fell_behind: "Picture came late: connecting anew.",
  unusable: "Camera sends no picture that can be shown.",
  internal: "The gateway failed on this camera.",
};

/** Why no picture comes although the camera gives them. */
export type Hold = Exclude<Waiting, ""> | "reconnecting";

/** What a tile says beside its state meanwhile, and once its picture is old. */
export const HOLDS: Readonly<Record<Hold, { note: string; words: string }>> = {
  keyframe: { note: "WAITING FOR KEYFRAME", words: "Waiting for the camera's next keyframe." },
  link: { note: "LINK TOO SLOW", words: "Link too slow for the next picture. Waiting." },
  reconnecting: { note: "RECONNECTING", words: "Connection lost. Reconnecting." },
};

/** What a tile says of a picture that is not the camera's main stream. */
export const SENT: Readonly<Record<SentStream, string>> = { main: "", sub: "SUBSTREAM", transcoded: "TRANSCODED" };

/** Why the camera gives no picture, or null while it gives one (or nothing is known against it). */
export function sourceFault(status: CameraStatus | undefined, stream: SentStream): string | null {
  const source = status?.streams[stream === "transcoded" ? "main" : stream];
  if (!source || source.state === "up") return null;
  const why = FAULTS[source.reason];
  if (why !== undefined) return why;
  return source.state === "connecting" ? "Connecting to the camera." : "Camera is down.";
}

/** A reason of the gateway's, as a sentence of its own. */
export function sentence(reason: string): string {
  const begun = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
