/** Redeems the sign-in link that this page has read. The new person replaces anybody who was signed in. */

import { Problem, api } from "../core/gateway/api.js";
import { invitation } from "./invitation.js";
import { notice } from "./notice.js";
import { told } from "./observer.js";
import { store } from "./store.js";

const RETRY = 2000;

/** Return "" once the person is signed in, or say why they are not. */
export async function signInByLink(): Promise<string> {
  if (invitation.code === null) return "";
  try {
    const me = await api.redeem(invitation.code);
    invitation.forget();
    notice.forget();
    if (store.me) store.signedOut("");
    // The browser is signed in from here on. If the network fails now, wait until it is back.
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
