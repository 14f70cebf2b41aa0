/** Keeps the screen on. The browser releases the lock whenever the page is hidden, so this asks for it again. */

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

  /** Ask once. If the browser refuses, for example with a low battery, the next call of `want` asks again. */
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
