/** Puts reasons into words. A reason in `ENDINGS` is final until somebody, or a new incident, tries again. */

import type { CameraStatus, SentStream, Waiting } from "../core/protocol.js";

export const ENDINGS: Readonly<Record<string, string>> = {
  incident_ended: "The incident has ended, so access has ended.",
  agreement_ended: "The agreement with this school has ended, so access has ended.",
  revoked: "Your access has been withdrawn.",
  signed_out: "You have been signed out.",
  camera_removed: "This camera has been removed.",
};

const INTERRUPTIONS: Readonly<Record<string, string>> = {
  never_connected: "The network blocks the picture. Trying again.",
  dtls_failed: "The secure connection failed. Trying again.",
  token_expired: "Permission was not renewed in time. Asking again.",
  codec_changed: "The camera has changed its format. Opening it again.",
  worker_lost: "A part of the gateway is restarting. Trying again.",
  shutdown: "The gateway is restarting. Trying again.",
  interrupted: "The connection was interrupted. Trying again.",
  viewer_gone: "The connection was interrupted. Trying again.",
};

export const interruption = (reason: string): string => INTERRUPTIONS[reason] ?? "The picture stopped. Trying again.";

const FAULTS: Readonly<Record<string, string>> = {
  unreachable: "Camera cannot be reached.",
  timed_out: "Camera does not answer.",
  password_refused: "Camera refuses the password.",
  not_found: "Camera does not know this stream.",
  unsupported: "Camera sends a format that cannot be shown.",
  malformed: "Camera sends data that cannot be read.",
  closed_by_camera: "Camera closed the connection.",
  stream_stopped: "Camera has stopped sending.",
  session_limit: "Camera has too many connections.",
  not_trusted: "Camera cannot prove its identity.",
  redirect_refused: "Camera redirects to another address.",
  fell_behind: "Pictures arrived late. Reconnecting.",
  unusable: "Camera sends no picture that can be shown.",
  internal: "The gateway has a fault with this camera.",
};

/** Why no picture is arriving although the camera is sending. */
export type Hold = Exclude<Waiting, ""> | "reconnecting";

/** What a tile says while no picture is arriving: a note beside its state, and words once its picture is old. */
export const HOLDS: Readonly<Record<Hold, { note: string; words: string }>> = {
  keyframe: { note: "WAITING FOR NEXT PICTURE", words: "Waiting for the camera's next picture." },
  link: { note: "CONNECTION TOO SLOW", words: "Connection too slow. Waiting for the next picture." },
  reconnecting: { note: "RECONNECTING", words: "Connection lost. Reconnecting." },
};

/** What a tile says about a picture that is not the camera's main stream. */
export const SENT: Readonly<Record<SentStream, string>> = { main: "", sub: "SMALLER PICTURE", transcoded: "CONVERTED" };

/** Return why the camera gives no picture, or null while it gives one or nothing is known to be wrong. */
export function sourceFault(status: CameraStatus | undefined, stream: SentStream): string | null {
  const source = status?.streams[stream === "transcoded" ? "main" : stream];
  if (!source || source.state === "up") return null;
  const why = FAULTS[source.reason];
  if (why !== undefined) return why;
  return source.state === "connecting" ? "Connecting to the camera." : "Camera is down.";
}

/** Return the gateway's reason as a full sentence. */
export function sentence(reason: string): string {
  const begun = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
