/** Sends a trigger until the gateway has it or a person cancels it. The device keeps it, so sending survives a reload. */

import { Problem } from "../../core/gateway/api.js";
import { Backoff } from "../../core/gateway/backoff.js";
import {
  advance,
  begin,
  bodyOf,
  isInterrupted,
  revive,
  unsent,
  type Pending,
  type PendingEvent,
  type Press,
} from "../../core/alarm/pending.js";

const KEY = "sightline-pending-trigger";
const FIRST_RETRY = 500;
const LAST_RETRY = 5000;
/** Give up an attempt that gets no answer for this long (milliseconds). The next attempt has the same key. */
const ANSWER_WITHIN = 5000;

/** The storage for the trigger. Without storage, the trigger is still sent. */
type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export class PendingTrigger extends EventTarget {
  current: Pending | null;
  readonly #backoff = new Backoff(FIRST_RETRY, LAST_RETRY);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt: AbortController | null = null;
  /** Who is signed in. Nobody sends another person's trigger. */
  #principal: string | null = null;

  constructor(
    /** Send the trigger and apply the answer to the page. A cancelled trigger may have arrived anyway, and then the page
     *  must show its alarm. */
    private readonly send: (body: Record<string, unknown>, signal: AbortSignal) => Promise<unknown>,
    private readonly shelf: () => Shelf,
    /** This device's wall clock in seconds, which continues across a reload. */
    private readonly wall: () => number,
  ) {
    super();
    this.current = revive(this.#kept(), wall());
  }

  /** Somebody has signed in. Continue with their trigger. */
  signedIn(principal: { id: string }): void {
    this.#principal = principal.id;
    const { current } = this;
    if (unsent(current) && current.press.by.id !== principal.id) {
      const words = `${current.press.by.name} pressed it and is no longer signed in here. If it is still needed, press again.`;
      this.#take({ type: "refused", words });
    }
    this.tryNow();
  }

  /** The page cannot even find out who is signed in. That counts as an attempt, so sending continues once it can. */
  unanswered(): void {
    if (this.#principal !== null || this.current?.state !== "waiting") return;
    if (isInterrupted(this.current, this.wall())) {
      this.#take({ type: "interrupted" });
      return;
    }
    this.#take({ type: "attempt", at: this.wall() });
    this.#take({ type: "unanswered" });
  }

  /** Nobody is signed in. An unsent trigger waits until the same person signs in and is asked. */
  signedOut(): void {
    this.#principal = null;
    this.#halt();
    this.#take({ type: "interrupted" });
  }

  /** Take a new press. It replaces one that was not sent. */
  press(press: Press): void {
    this.#halt();
    this.#become(begin(press));
    this.tryNow();
  }

  /** The network may be back, so try at once. */
  tryNow(): void {
    this.#backoff.reset();
    this.#next(0);
  }

  /** The person has confirmed that the trigger is still needed. */
  sendNow(): void {
    this.#take({ type: "send_now", at: this.wall() });
    this.tryNow();
  }

  callOff(): void {
    this.#halt();
    this.#take({ type: "call_off" });
  }

  putAway(): void {
    this.#take({ type: "put_away" });
  }

  #next(after: number): void {
    clearTimeout(this.#timer);
    if (this.current?.state !== "waiting" || this.#principal !== this.current.press.by.id) return;
    this.#timer = setTimeout(() => void this.#try(), after);
  }

  async #try(): Promise<void> {
    const { current } = this;
    if (current?.state !== "waiting") return;
    // The device, and this timer with it, may have slept for hours.
    if (isInterrupted(current, this.wall())) {
      this.#take({ type: "interrupted" });
      return;
    }
    const attempt = new AbortController();
    this.#attempt = attempt;
    const body = bodyOf(current, this.wall());
    this.#take({ type: "attempt", at: this.wall() });
    const limit = setTimeout(() => attempt.abort(), ANSWER_WITHIN);
    let outcome: PendingEvent = { type: "answered" };
    try {
      await this.send(body, attempt.signal);
    } catch (error) {
      outcome = eventOf(error);
    }
    clearTimeout(limit);
    if (this.#attempt !== attempt) return;
    this.#attempt = null;
    this.#take(outcome);
    this.#next(this.#backoff.next());
  }

  /** Give up the attempt that is in progress, if any. Its outcome no longer counts. */
  #halt(): void {
    clearTimeout(this.#timer);
    this.#attempt?.abort();
    this.#attempt = null;
    this.#backoff.reset();
  }

  #take(event: PendingEvent): void {
    if (this.current) this.#become(advance(this.current, event));
  }

  #become(pending: Pending | null): void {
    if (pending === this.current) return;
    this.current = pending;
    try {
      if (pending === null) this.shelf().removeItem(KEY);
      else this.shelf().setItem(KEY, JSON.stringify(pending));
    } catch {
      // Storage is full or forbidden. This page continues anyway; a reloaded one could not.
    }
    this.dispatchEvent(new Event("change"));
  }

  #kept(): string | null {
    try {
      return this.shelf().getItem(KEY);
    } catch {
      return null;
    }
  }
}

/** Return the event that a failed attempt leads to. If the sign-in has ended, the trigger waits until the same person
 *  signs in and is asked. */
function eventOf(error: unknown): PendingEvent {
  if (!(error instanceof Problem) || error.code === "" || error.status === 0) return { type: "unanswered" };
  if (!error.final) return { type: "unanswered", words: error.message, sounds: error.code === "not_on_disk" };
  return error.status === 401 ? { type: "interrupted" } : { type: "refused", words: error.message };
}

/** Return a unique name for one press. Unlike `randomUUID`, this needs no secure context. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
