/** Have the police confirmed an alarm? What a school's page may say of it. Pure. */

import type { Incident } from "./protocol.js";

/**
 * `unknown`: the gateway is out of reach, so the page cannot tell. `waiting`: not yet, and there is time. `overdue`:
 * nobody within the time that the gateway sets. `confirmed`: by those whom `confirmations` names.
 */
export type Confirmation = "unknown" | "waiting" | "overdue" | "confirmed";

export function confirmation(incident: Incident, now: number, reachable: boolean): Confirmation {
  if (incident.confirmed) return "confirmed";
  if (!reachable) return "unknown";
  return now >= incident.confirm_by_at ? "overdue" : "waiting";
}

/** The police who have acknowledged the last alarm, the first one first. */
export function confirmations(incident: Incident): Incident["acknowledgements"] {
  return incident.acknowledgements
    .filter((one) => one.confirms && one.newest)
    .sort((a, b) => a.at - b.at);
}
