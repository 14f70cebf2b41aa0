/** One timer for every age on the page. A gap between two ticks means that the page or the machine was asleep. */

const EVERY = 200;
const GAP = 1;

export class Ticker {
  readonly #listeners = new Set<(now: number) => void>();
  #last: number | null = null;
  #lastWall = 0;

  constructor(
    private readonly now: () => number,
    private readonly slept: () => void,
  ) {
    setInterval(() => this.tick(), EVERY);
  }

  add(listener: (now: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Update every age now. */
  tick(): void {
    const now = this.now();
    // Some machines stop the monotonic clock while they sleep. The wall clock is used only to find such gaps.
    const wall = Date.now() / 1000;
    if (this.#last !== null && Math.max(now - this.#last, wall - this.#lastWall) > GAP) this.slept();
    this.#last = now;
    this.#lastWall = wall;
    for (const listener of this.#listeners) listener(now);
  }
}
