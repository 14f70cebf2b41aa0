/** Delays between attempts: they double up to a ceiling, with jitter. Pure: the random source is an argument. */

export class Backoff {
  #attempt = 0;

  constructor(
    private readonly first: number,
    private readonly ceiling: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** Return how many milliseconds to wait before the next attempt. */
  next(): number {
    const whole = Math.min(this.ceiling, this.first * 2 ** this.#attempt);
    this.#attempt += 1;
    return whole * (0.5 + this.random() / 2);
  }

  /** Start again with the shortest delay, because an attempt has worked. */
  reset(): void {
    this.#attempt = 0;
  }
}
