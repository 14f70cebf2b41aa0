/** Keeps the screen on while it is wanted. The browser lets go whenever the page is hidden, so it is asked again. */

export class Awake {
  #wanted = false;
  #asking = false;
  #lock: WakeLockSentinel | null = null;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#settle());
  }

  want(wanted: boolean): void {
    this.#wanted = wanted;
    this.#settle();
  }

  #settle(): void {
    if (!this.#wanted) {
      void this.#lock?.release().catch(() => undefined);
      this.#lock = null;
    } else if (document.visibilityState === "visible" && (this.#lock?.released ?? true) && !this.#asking) {
      void this.#ask();
    }
  }

  /** Refused, with a low battery say, it is asked for again at the next call of `want`. */
  async #ask(): Promise<void> {
    if (!("wakeLock" in navigator)) return;
    this.#asking = true;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
    } catch {
      this.#lock = null;
    }
    this.#asking = false;
    if (!this.#wanted) this.#settle();
  }
}
