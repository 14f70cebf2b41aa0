/** Predicts what the gateway would open. It decides nothing: the gateway decides, and says why not. Pure. */

import type { Camera, Incident, Principal } from "./protocol.js";

const opens = (incident: Incident, me: Principal): boolean =>
  incident.kind === "real" || (incident.kind === "drill" && incident.enrolled.includes(me.id));

/** Return true if a press on the camera should bring a picture now. */
export function mayView(camera: Camera, open: Iterable<Incident>, me: Principal | null): boolean {
  if (camera.standing) return true;
  if (me === null) return false;
  return [...open].some((one) => one.state === "open" && one.site === camera.site && (!me.police || opens(one, me)));
}

/** Return why an incident opens no camera automatically for this member of the police, or "" if it opens some. */
export function whyNone(incident: Incident, me: Principal | null): string {
  if (me === null || !me.police || opens(incident, me)) return "";
  return incident.kind === "drill" ? "Drill. You are not enrolled: no cameras open for you." : "A test opens no cameras.";
}
