/** The page's one pending trigger, connected to sign-in and network events. */

import { Problem, api } from "../../core/gateway/api.js";
import type { Incident } from "../../core/protocol.js";
import { PendingTrigger } from "./pending-trigger.js";
import { store } from "../store.js";

async function send(body: Record<string, unknown>, signal: AbortSignal): Promise<Incident> {
  try {
    return await store.answer(() => api.trigger(body, signal));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) store.signedOut("Your sign-in has ended.");
    throw error;
  }
}

export const trigger = new PendingTrigger(
  send,
  () => localStorage,
  () => Date.now() / 1000,
);

const back = (): void => trigger.tryNow();
addEventListener("online", back);
store.addEventListener("greeted", back);
store.addEventListener("restarted", back);
store.addEventListener("signed-in", () => {
  if (store.me) trigger.signedIn(store.me.principal);
});
store.addEventListener("signed-out", () => trigger.signedOut());
