/** Decides what a school's page may say about the police's confirmation of an alarm. Pure. */

import type { Incident, IncidentKind } from "../protocol.js";

/**
 * `unknown`: there is no connection, so the page cannot tell. `waiting`: nobody has confirmed yet, but there is still
 * time. `overdue`: nobody confirmed within the time that the gateway sets. `confirmed`: the people in `confirmations`
 * have confirmed.
 */
export type Confirmation = "unknown" | "waiting" | "overdue" | "confirmed";

export function confirmation(incident: Incident, now: number, reachable: boolean): Confirmation {
  if (incident.confirmed) return "confirmed";
  if (!reachable) return "unknown";
  return now >= incident.confirm_by_at ? "overdue" : "waiting";
}

/** Return the acknowledgements of the newest alarm by the police, the earliest first. */
export function confirmations(incident: Incident): Incident["acknowledgements"] {
  return incident.acknowledgements
    .filter((one) => one.confirms && one.newest)
    .sort((a, b) => a.at - b.at);
}

/** A headline, and what to do. In a drill or a test, the page never tells anybody to call 911. */
export const UNANSWERED: Readonly<Record<Exclude<Confirmation, "confirmed">, Record<IncidentKind, readonly [string, string]>>> =
  {
    waiting: {
      real: ["Sent. Police have not confirmed yet.", "Wait a few seconds."],
      drill: ["Sent. Police have not confirmed the drill yet.", "Wait a few seconds."],
      test: ["Sent. Police have not confirmed the test yet.", "Wait a few seconds."],
    },
    overdue: {
      real: ["Police have not confirmed. Call 911.", "The alarm was sent, but nobody at the police has confirmed it."],
      drill: [
        "Police have not confirmed this drill.",
        "There is no danger. Call the communications centre on its usual number.",
      ],
      test: [
        "Police have not confirmed this test.",
        "There is no danger. Call the communications centre on its usual number.",
      ],
    },
    unknown: {
      real: ["This page does not know whether police have confirmed. Call 911.", "This page has no connection."],
      drill: ["This page does not know whether police have confirmed this drill.", "This page has no connection."],
      test: ["This page does not know whether police have confirmed this test.", "This page has no connection."],
    },
  };
