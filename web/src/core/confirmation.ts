/** What a school's page may say about the police's confirmation of an alarm. Pure. */

import type { Incident } from "./protocol.js";

/**
 * `unknown`: there is no connection, so the page cannot tell. `waiting`: not yet, but there is still time. `overdue`:
 * nobody confirmed within the time that the gateway sets. `confirmed`: by the people in `confirmations`.
 */
export type Confirmation = "unknown" | "waiting" | "overdue" | "confirmed";

export function confirmation(incident: Incident, now: number, reachable: boolean): Confirmation {
  if (incident.confirmed) return "confirmed";
  if (!reachable) return "unknown";
  return now >= incident.confirm_by_at ? "overdue" : "waiting";
}

/** The police who have acknowledged the newest alarm, the first one first. */
export function confirmations(incident: Incident): Incident["acknowledgements"] {
  return incident.acknowledgements
    .filter((one) => one.confirms && one.newest)
    .sort((a, b) => a.at - b.at);
}
