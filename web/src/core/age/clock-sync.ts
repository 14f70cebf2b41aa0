/** The gateway's clock as this page knows it. Pure: times are arguments, all in seconds. */

const KEPT = 30;
const DRIFT = 50e-6;

interface Sample {
  readonly offset: number;
  readonly roundTrip: number;
  readonly at: number;
}

/** `gateway time = page time + offset`, give or take `uncertainty`. */
export interface Offset {
  readonly offset: number;
  readonly uncertainty: number;
}

/** Estimates the offset from pings: the sample with the shortest round trip of the last 30, aged by drift. */
export class ClockSync {
  #samples: Sample[] = [];

  /** Add a ping sent at `sent` whose answer said `gatewayTime` and arrived at `received` (page time). */
  add(sent: number, gatewayTime: number, received: number): void {
    const roundTrip = received - sent;
    if (!Number.isFinite(gatewayTime) || !(roundTrip >= 0)) return;
    this.#samples.push({ offset: gatewayTime - (sent + received) / 2, roundTrip, at: received });
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  /** Discard all samples, because the page was asleep or the gateway has restarted. */
  forget(): void {
    this.#samples = [];
  }

  /** Return the estimate at page time `now`, or null before the first answer. */
  at(now: number): Offset | null {
    let best: Sample | null = null;
    for (const sample of this.#samples) if (best === null || sample.roundTrip <= best.roundTrip) best = sample;
    if (best === null) return null;
    return { offset: best.offset, uncertainty: best.roundTrip / 2 + Math.max(0, now - best.at) * DRIFT };
  }
}
