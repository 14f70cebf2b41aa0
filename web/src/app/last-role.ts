/** The role that was last signed in on this device. It only chooses words while the gateway does not answer. */

import type { Role } from "../core/protocol.js";
import { store } from "./store.js";

const KEY = "sightline-last-role";

/** Return the last role, or null if nobody has signed in or the device stores nothing. */
export function lastRole(): Role | null {
  try {
    return localStorage.getItem(KEY) as Role | null;
  } catch {
    return null;
  }
}

function remember(role: Role | null): void {
  try {
    if (role === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, role);
  } catch {
    // The page then shows the words for everybody.
  }
}

store.addEventListener("signed-in", () => remember(store.me?.principal.role ?? null));
store.addEventListener("signed-out", () => remember(null));
