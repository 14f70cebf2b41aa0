/** Remembers who has read the limits of re-disclosure since signing in here, and tells the gateway for the record. */

import { api } from "../core/api.js";
import { store } from "./store.js";

const ACCEPTED = "sightline-noticed";
const UNTOLD = "sightline-notice-untold";

class NoticeAcceptance {
  constructor() {
    // Pictures never wait for the record. What the gateway was not told, it is told when it is back.
    for (const event of ["greeted", "restarted"]) store.addEventListener(event, () => void this.#tell());
  }

  /** Forget, because each sign-in reads the notice once. */
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
      // Tried again at the channel's next hello.
    }
  }
}

export const notice = new NoticeAcceptance();
