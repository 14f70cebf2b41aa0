/** When a sign-in ends, and what the page says of it. Pure. */

import type { Me } from "./protocol.js";

/** `quiet`: there is time. `offer`: it can be prolonged. `urgent`: it ends within minutes. */
export type ShiftState = "quiet" | "offer" | "urgent";

const URGENT = 600;

export function shiftState(me: Pick<Me, "expires_at" | "may_continue_at">, now: number): ShiftState {
  if (!(now >= me.may_continue_at)) return "quiet";
  return me.expires_at - now <= URGENT ? "urgent" : "offer";
}
