/** Makes a component follow the store, and call requests whose failures it shows. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

import { Problem } from "../core/api.js";
import { store } from "./store.js";

export class StoreObserver implements ReactiveController {
  readonly #update = (): void => this.host.requestUpdate();
  #untick: () => void = () => undefined;
  #second = 0;

  /** `ticking`: also once a second, for what counts. */
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly ticking = false,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    store.addEventListener("change", this.#update);
    if (!this.ticking) return;
    this.#untick = store.ticker.add((now) => {
      if (Math.floor(now) === this.#second) return;
      this.#second = Math.floor(now);
      this.#update();
    });
  }

  hostDisconnected(): void {
    store.removeEventListener("change", this.#update);
    this.#untick();
  }
}

/** What to tell a person of a failure. */
export function told(error: unknown): string {
  return error instanceof Problem ? error.message : "This page failed. Load it again; what is open stays open.";
}
