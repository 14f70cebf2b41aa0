/** Decides what the page says about the end of a sign-in. Pure. */

import type { Me } from "./protocol.js";

export type Lifetime = Pick<Me, "expires_at" | "may_continue_at" | "carried_on">;

/**
 * `quiet`: there is enough time. `carried_on`: an open incident keeps the sign-in from ending. `offer`: it ends within the
 * hour. `urgent`: it ends within minutes.
 */
export type ShiftState = "quiet" | "carried_on" | "offer" | "urgent";

const LAST_HOUR = 3600;
const URGENT = 600;

export function shiftState(me: Lifetime, now: number): ShiftState {
  if (me.carried_on) return "carried_on";
  if (now < (me.may_continue_at ?? me.expires_at - LAST_HOUR)) return "quiet";
  return me.expires_at - now <= URGENT ? "urgent" : "offer";
}
