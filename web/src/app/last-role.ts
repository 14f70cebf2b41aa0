/** The role that was last signed in on this device: it only chooses words while the gateway cannot be asked. */

import type { Role } from "../core/protocol.js";
import { store } from "./store.js";

const KEY = "sightline-last-role";

/** Null where nobody is known to have been signed in, or the device keeps nothing. */
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
    // The words for everybody are shown then.
  }
}

store.addEventListener("signed-in", () => remember(store.me?.principal.role ?? null));
store.addEventListener("signed-out", () => remember(null));
