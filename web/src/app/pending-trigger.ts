/** Sends a trigger until the gateway has it, or a person calls it off. Kept on the device, so that a reload goes on. */

import { Problem } from "../core/api.js";
import { Backoff } from "../core/backoff.js";
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
} from "../core/pending.js";

const KEY = "sightline-pending-trigger";
const FIRST_RETRY = 500;
const LAST_RETRY = 5000;
/** An attempt without an answer for so long (milliseconds) is given up: the next one has the same key. */
const ANSWER_WITHIN = 5000;

/** Where it is kept; a device that keeps nothing still sends. */
type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export class PendingTrigger extends EventTarget {
  current: Pending | null;
  readonly #backoff = new Backoff(FIRST_RETRY, LAST_RETRY);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt: AbortController | null = null;
  /** Who is signed in; a trigger of somebody else is not sent. */
  #principal: string | null = null;

  constructor(
    /** Learns from the answer, also to a trigger that was called off meanwhile: it arrived, so the alarm is to be seen. */
    private readonly send: (body: Record<string, unknown>, signal: AbortSignal) => Promise<unknown>,
    private readonly shelf: () => Shelf,
    /** Wall seconds of this device: they outlive a reload. */
    private readonly wall: () => number,
  ) {
    super();
    this.current = revive(this.#kept(), wall());
  }

  /** Somebody is signed in: go on with what is theirs. */
  signedIn(principal: { id: string }): void {
    this.#principal = principal.id;
    const { current } = this;
    if (unsent(current) && current.press.by.id !== principal.id) {
      const words = `${current.press.by.name} pressed it, who is no longer signed in here.`;
      this.#take({ type: "refused", words });
    }
    this.tryNow();
  }

  /** The page cannot even learn who is signed in. That counts as an attempt: it goes on by itself once it can. */
  unanswered(): void {
    if (this.#principal !== null || this.current?.state !== "waiting") return;
    if (isInterrupted(this.current, this.wall())) {
      this.#take({ type: "interrupted" });
      return;
    }
    this.#take({ type: "attempt", at: this.wall() });
    this.#take({ type: "unanswered" });
  }

  /** Nobody is: what is not sent waits for the same person, who is asked. */
  signedOut(): void {
    this.#principal = null;
    this.#halt();
    this.#take({ type: "interrupted" });
  }

  /** A new press. It takes the place of one that was not sent. */
  press(press: Press): void {
    this.#halt();
    this.#become(begin(press));
    this.tryNow();
  }

  /** The network may be back: do not wait for the next attempt's turn. */
  tryNow(): void {
    this.#backoff.reset();
    this.#next(0);
  }

  /** A person says, of a trigger that the page asks about, that it is still meant. */
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
    // This timer may have slept with the device for hours.
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

  /** Let go of the attempt that is on its way, if any: its outcome no longer counts. */
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
      // A full or forbidden storage: this page goes on all the same, a reload would not.
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

/** What a failed attempt means. Without a sign-in it waits for the same person, who is asked. */
function eventOf(error: unknown): PendingEvent {
  if (!(error instanceof Problem) || error.code === "" || error.status === 0) return { type: "unanswered" };
  if (!error.final) return { type: "unanswered", words: error.message, sounds: error.code === "not_on_disk" };
  return error.status === 401 ? { type: "interrupted" } : { type: "refused", words: error.message };
}

/** A name for one press that no other press has. Works without a secure context, unlike `randomUUID`. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
