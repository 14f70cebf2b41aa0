/** The event channel: one WebSocket that reconnects by itself, resumes where it stopped, and measures the gateway's
 *  clock. */

import { Backoff } from "./backoff.js";
import { ClockSync } from "../age/clock-sync.js";
import type { ServerEvent } from "../protocol.js";

const PING_EVERY = 1000;
/** Replace an open connection that is silent for this long (seconds). */
const SILENT = 5;
const CONNECT_WITHIN = 5;
const FIRST_RETRY = 300;
const LAST_RETRY = 3000;

/** The part of WebSocket that is used here. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;

export interface ChannelHooks {
  /** Receives every message except pongs, in order. `restarted`: the gateway has restarted since the last hello. */
  event(event: ServerEvent, restarted: boolean): void;
  /** The gateway's clock was set, so `setBy` has changed. */
  clockSet(): void;
  /** A connection has ended, or could not be made. */
  lost(): void;
}

export class EventChannel {
  readonly clock = new ClockSync();
  /** Page time (seconds) of the gateway's last message. */
  heardAt: number | null = null;
  /** Seconds to add to the gateway's times to get the time of day that its clock shows. */
  setBy = 0;

  #socket: Socket | null = null;
  #startedAt = 0;
  #greeted = false;
  #epoch: string | null = null;
  #seq = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pinger: ReturnType<typeof setInterval> | undefined;
  readonly #backoff = new Backoff(FIRST_RETRY, LAST_RETRY);

  constructor(
    private readonly hooks: ChannelHooks,
    private readonly now: () => number,
    private readonly connect: () => Socket,
  ) {}

  start(): void {
    this.stop();
    this.#pinger = setInterval(() => this.#beat(), PING_EVERY);
    this.#open();
  }

  stop(): void {
    clearInterval(this.#pinger);
    clearTimeout(this.#retry);
    this.#drop();
  }

  /** Start from the beginning, because somebody else is signing in and may see different events. */
  forget(): void {
    this.stop();
    this.#epoch = null;
    this.#seq = 0;
    this.heardAt = null;
  }

  /** Send a message if the channel is open; otherwise drop it, because it would be out of date later. */
  send(message: Record<string, unknown>): void {
    if (this.#greeted) this.#socket?.send(JSON.stringify(message));
  }

  /** Measure the gateway's clock from scratch, because the page was asleep. */
  remeasure(): void {
    this.clock.forget();
    for (let i = 0; i < 3; i += 1) this.#ping();
  }

  #open(): void {
    const socket = this.connect();
    this.#socket = socket;
    this.#startedAt = this.now();
    this.#greeted = false;
    socket.onopen = () => socket.send(JSON.stringify({ type: "resume", epoch: this.#epoch, seq: this.#seq }));
    socket.onmessage = (message) => {
      if (this.#socket === socket) this.#heard(String(message.data));
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#greeted = false;
    socket?.close();
  }

  #lost(): void {
    this.#drop();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), this.#backoff.next());
    this.hooks.lost();
  }

  #beat(): void {
    if (this.#socket === null) return;
    const quiet = this.now() - Math.max(this.#startedAt, this.#greeted ? (this.heardAt ?? 0) : 0);
    if (quiet > (this.#greeted ? SILENT : CONNECT_WITHIN)) this.#lost();
    else this.#ping();
  }

  #ping(): void {
    this.send({ type: "ping", t0: this.now() * 1000 });
  }

  #heard(text: string): void {
    const event = JSON.parse(text) as ServerEvent;
    this.heardAt = this.now();
    if (event.type === "pong") {
      this.clock.add(event.t0 / 1000, event.gateway_time, this.heardAt);
      if (event.set_by !== this.setBy) {
        this.setBy = event.set_by;
        this.hooks.clockSet();
      }
      return;
    }
    let restarted = false;
    if (event.type === "hello") {
      restarted = this.#epoch !== null && this.#epoch !== event.epoch;
      if (this.#epoch !== event.epoch) this.#seq = 0;
      this.#epoch = event.epoch;
      this.setBy = event.set_by;
      this.#greeted = true;
      this.#backoff.reset();
      this.remeasure();
    }
    if ("seq" in event && event.type !== "hello") this.#seq = Math.max(this.#seq, event.seq);
    this.hooks.event(event, restarted);
  }
}
