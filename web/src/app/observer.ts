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

/** Makes a component follow whatever else tells of its changes. `changed` runs before the component is drawn again. */
export class ChangeObserver implements ReactiveController {
  readonly #update = (): void => {
    this.changed();
    this.host.requestUpdate();
  };

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly target: EventTarget,
    private readonly changed: () => void = () => undefined,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.target.addEventListener("change", this.#update);
  }

  hostDisconnected(): void {
    this.target.removeEventListener("change", this.#update);
  }
}

/** What to tell a person of a failure. */
export function told(error: unknown): string {
  return error instanceof Problem ? error.message : "This page failed. Load it again; what is open stays open.";
}
