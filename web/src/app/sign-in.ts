/** Redeems the sign-in link that this page has read: for the first person here, or instead of the one who is signed in. */

import { Problem, api } from "../core/api.js";
import { invitation } from "./invitation.js";
import { notice } from "./notice.js";
import { told } from "./observer.js";
import { store } from "./store.js";

const RETRY = 2000;

/** Returns "" when the person of the link is signed in, or why they are not. */
export async function signInByLink(): Promise<string> {
  if (invitation.code === null) return "";
  try {
    const me = await api.redeem(invitation.code);
    invitation.forget();
    notice.forget();
    if (store.me) store.signedOut("");
    // From here on the browser is signed in; a network that goes just now is waited for.
    while (!(await entered(me))) await new Promise((resolve) => setTimeout(resolve, RETRY));
    return "";
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) return told(error);
    invitation.forget();
    return `${error.message} Ask for a new link.`;
  }
}

async function entered(me: Parameters<typeof store.signedIn>[0]): Promise<boolean> {
  try {
    await store.signedIn(me);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 0) return false;
    throw error;
  }
}
