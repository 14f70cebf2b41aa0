/** Remembers who has read the limits of re-disclosure since signing in here, and tells the gateway for the record. */

import { api } from "../core/gateway/api.js";
import { store } from "./store.js";

const ACCEPTED = "sightline-noticed";
const UNTOLD = "sightline-notice-untold";

class NoticeAcceptance {
  constructor() {
    // Pictures never wait for the record. Whatever could not be reported is sent when the gateway is reachable again.
    for (const event of ["greeted", "restarted"]) store.addEventListener(event, () => void this.#tell());
  }

  /** Forget who has read the notice, because everybody reads it once per sign-in. */
  forget(): void {
    localStorage.removeItem(ACCEPTED);
    localStorage.removeItem(UNTOLD);
  }

  wasAccepted(principal: { id: string }): boolean {
    return localStorage.getItem(ACCEPTED) === principal.id;
  }

  accept(principal: { id: string }): void {
    localStorage.setItem(ACCEPTED, principal.id);
    localStorage.setItem(UNTOLD, principal.id);
    void this.#tell();
  }

  async #tell(): Promise<void> {
    if (store.me === null || localStorage.getItem(UNTOLD) !== store.me.principal.id) return;
    try {
      await api.noticeAccepted();
      localStorage.removeItem(UNTOLD);
    } catch {
      // The channel's next hello tries again.
    }
  }
}

export const notice = new NoticeAcceptance();
