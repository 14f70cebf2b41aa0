/** The states of a trigger that is being sent to the gateway, as a table. Pure: time (wall seconds) is an argument. */

import type { IncidentKind } from "../protocol.js";

/** One press of the button. Its `key` makes the gateway act on it once, however often it is sent. */
export interface Press {
  key: string;
  site: string;
  site_name: string;
  kind: IncidentKind;
  room: string | null;
  room_name: string | null;
  enrolled: string[];
  /** Who pressed. Nobody else's sign-in sends it. */
  by: { id: string; name: string };
  at: number;
}

/**
 * `sending`: an attempt is in progress. `waiting`: the next attempt has not started yet. `asking`: nothing was tried for
 * so long that a person must decide. `refused`: the gateway refused it. `called_off`: a person cancelled it.
 */
export type PendingState = "sending" | "waiting" | "asking" | "refused" | "called_off";

export interface Pending {
  press: Press;
  state: PendingState;
  attempts: number;
  /** When the last attempt started; before the first attempt, the time of the press. */
  tried_at: number;
  /** What the gateway last said about it; "" if nothing. */
  words: string;
  /** True if the alarm already sounds, and the trigger is sent again because the gateway could not save it. */
  sounds: boolean;
}

export type PendingEvent =
  | { type: "attempt"; at: number }
  | { type: "answered" }
  /** There was no answer, or only a reason to try again. */
  | { type: "unanswered"; words?: string; sounds?: boolean }
  | { type: "refused"; words: string }
  | { type: "interrupted" }
  | { type: "send_now"; at: number }
  | { type: "call_off" }
  | { type: "put_away" };

/** `done`: the trigger can be forgotten. An event that a state does not list changes nothing. */
const TABLE: Readonly<Record<PendingState, Partial<Record<PendingEvent["type"], PendingState | "done">>>> = {
  waiting: { attempt: "sending", send_now: "waiting", interrupted: "asking", refused: "refused", call_off: "called_off" },
  sending: { answered: "done", unanswered: "waiting", refused: "refused", interrupted: "asking", call_off: "called_off" },
  asking: { send_now: "waiting", refused: "refused", call_off: "called_off" },
  refused: { put_away: "done" },
  called_off: { put_away: "done" },
};

/** If a page was closed or asleep for this long (seconds), it asks before it sends. */
export const ASK_AFTER = 300;
/** If the clock went back by more than this (seconds), it cannot show how long ago the last attempt was. */
const CLOCK_BACK = 30;
/** After this delay (seconds) the note says that the trigger is late. */
const LATE = 15;

export function begin(press: Press): Pending {
  return { press, state: "waiting", attempts: 0, tried_at: press.at, words: "", sounds: false };
}

/** Return the next state, or null if nothing is left to do or say. */
export function advance(pending: Pending, event: PendingEvent): Pending | null {
  const state = TABLE[pending.state][event.type];
  if (state === undefined) return pending;
  if (state === "done") return null;
  switch (event.type) {
    case "attempt":
      return { ...pending, state, attempts: pending.attempts + 1, tried_at: event.at };
    case "send_now":
      return { ...pending, state, tried_at: event.at };
    case "refused":
      return { ...pending, state, words: event.words };
    case "unanswered":
      return { ...pending, state, words: event.words ?? "", sounds: pending.sounds || event.sounds === true };
    default:
      return { ...pending, state };
  }
}

/** Return true if the trigger still has to be sent, automatically or after a question. */
export const unsent = (pending: Pending | null): pending is Pending =>
  pending !== null && pending.state !== "refused" && pending.state !== "called_off";

/** Return true if nothing was tried for so long that the page must ask first. */
export function isInterrupted(pending: Pending, now: number): boolean {
  const silence = now - pending.tried_at;
  return silence > ASK_AFTER || silence < -CLOCK_BACK;
}

/** Read a stored trigger when the page loads. Return null if `text` is not one. */
export function revive(text: string | null, now: number): Pending | null {
  if (text === null) return null;
  let kept: unknown;
  try {
    kept = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isPending(kept)) return null;
  const here: Pending = kept.state === "sending" ? { ...kept, state: "waiting" } : kept;
  return unsent(here) && isInterrupted(here, now) ? advance(here, { type: "interrupted" }) : here;
}

function isPending(value: unknown): value is Pending {
  const found = value as Partial<Pending> | null;
  return (
    typeof found === "object" &&
    found !== null &&
    typeof found.press?.key === "string" &&
    typeof found.press.at === "number" &&
    typeof found.press.by.id === "string" &&
    typeof found.tried_at === "number" &&
    typeof found.state === "string" &&
    found.state in TABLE
  );
}

/**
 * Return the request body at `now`. It says so if the trigger is late: the police must not mistake it for a new one.
 */
export function bodyOf({ press }: Pending, now: number): Record<string, unknown> {
  const late = Math.round(now - press.at);
  return {
    site: press.site,
    kind: press.kind,
    key: press.key,
    ...(press.room === null ? {} : { room: press.room }),
    ...(press.enrolled.length > 0 ? { enrolled: press.enrolled } : {}),
    ...(late > LATE ? { note: `Sent ${spoken(late)} after it was pressed: there was no network.` } : {}),
  };
}

function spoken(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
