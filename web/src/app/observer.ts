/** Redraws a component when what it shows has changed, and puts failures into words. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

import { Problem } from "../core/gateway/api.js";
import { store } from "./store.js";

export class StoreObserver implements ReactiveController {
  readonly #update = (): void => this.host.requestUpdate();
  #untick: () => void = () => undefined;
  #second = 0;

  /** `ticking`: redraw once a second too, for counters. */
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

/** Redraws a component at every `change` event of `target`. `changed` runs before the component is redrawn. */
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

/** Return what to tell a person about a failure. */
export function told(error: unknown): string {
  return error instanceof Problem ? error.message : "This page failed. Reload it. Open incidents stay open.";
}
