/** Shows one camera on one tile: keeps a session open while that is permitted, and knows the age of the picture on the
 *  glass. */

import { Problem } from "../core/gateway/api.js";
import { judge, type Verdict } from "../core/age/age.js";
import { Backoff } from "../core/gateway/backoff.js";
import type {
  Camera,
  CameraStatus,
  Incident,
  Me,
  SentStream,
  ServerEvent,
  Source,
  StreamName,
  TimelineEvent,
  Waiting,
} from "../core/protocol.js";
import type { EventChannel } from "../core/gateway/events.js";
import { Timeline, type Capture } from "../core/age/timeline.js";
import { WhepSession } from "../core/gateway/whep.js";
import type { SiteTokens } from "./tokens.js";
import { ENDINGS, HOLDS, interruption, sentence, sourceFault, type Hold } from "./tile-words.js";

const FIRST_RETRY = 250;
const LAST_RETRY = 4000;

/** If no frame arrives for this long (seconds), or for this many usual intervals, the path may be lost, for example because
 *  a NAT has changed its binding. The browser itself would take several seconds to notice that. */
const STANDS_STILL = 0.8;
const INTERVALS = 3;
const LOOK_EVERY = 200;

export type Phase = "opening" | "waiting" | "playing" | "ended";
type Of<T extends ServerEvent["type"]> = Extract<ServerEvent, { type: T }>;

/** The part of the page's knowledge that a viewing uses. It also dispatches the channel's events. */
export interface Known extends EventTarget {
  readonly me: Me | null;
  readonly cameras: ReadonlyMap<string, CameraStatus>;
  readonly channel: Pick<EventChannel, "clock" | "heardAt" | "send">;
  readonly tokens: Pick<SiteTokens, "token" | "use" | "forget">;
  /** Page time in seconds. */
  now(): number;
  open(site: string): readonly Incident[];
}

export interface ViewingHooks {
  /** Show this; null blanks the glass. */
  media(media: MediaStream | null): void;
  changed(): void;
}

export class Viewing {
  phase: Phase = "opening";
  /** Why there is no moving picture. */
  words = "";
  /** The stream that is being sent. It depends on the camera and the link. */
  stream: SentStream;
  /** True if the gateway refused access at the start, rather than ending it later. */
  refused = false;
  /** Why nothing is being sent at the moment. */
  waiting: Waiting = "";
  session: WhepSession | null = null;
  unchangedSince: number | null = null;

  readonly #timeline = new Timeline();
  readonly #backoff = new Backoff(FIRST_RETRY, LAST_RETRY);
  #rtp = 0;
  /** Pixels of the frame on the glass. */
  #size = 0;
  #shownAt: number | null = null;
  /** The longest recent interval between frames, in seconds. */
  #interval = 0;
  /** Why no frame has followed the one on the glass. It stays until another frame comes, even if the reason is gone. */
  #held: Hold | null = null;
  /** When the frame that last caused an ICE restart was shown. */
  #reconnectedFor: number | null = null;
  /** Page time at which the shown frame was captured, from the last map that covered it. */
  #capturedAt: number | null = null;
  #stop = new AbortController();
  /** True if a token did not cover the camera. If the next one does not either, the camera is refused. */
  #narrow = false;

  constructor(
    private readonly known: Known,
    readonly camera: Camera,
    readonly wanted: StreamName | null,
    private readonly hooks: ViewingHooks,
  ) {
    this.stream = wanted ?? "main";
  }

  start(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#narrow = false;
    const { signal } = this.#stop;
    addEventListener("online", () => void this.session?.reconnect(), { signal });
    const looking = setInterval(() => this.#look(), LOOK_EVERY);
    signal.addEventListener("abort", () => clearInterval(looking));
    const on = (type: string, listener: (event: CustomEvent<unknown>) => void): void =>
      this.known.addEventListener(type, listener as EventListener, { signal });
    on("timeline", ({ detail }) => this.#point(detail as TimelineEvent));
    on("picture", ({ detail }) => this.#content(detail as Of<"picture">));
    // If a camera is lost, say so at once, not at the next update of the ages.
    on("camera", ({ detail }) => (detail as Of<"camera">).camera.id === this.camera.id && this.hooks.changed());
    on("session", ({ detail }) => this.#told(detail as Of<"session">));
    on("restarted", () => {
      this.#timeline.clear();
      this.session?.gone("shutdown");
    });
    on("greeted", () => this.#listen());
    on("slept", () => (this.#shownAt = null));
    on("incident", ({ detail }) => this.#incident((detail as Of<"incident">).incident));
    on("snapshot", () => {
      if (this.phase === "ended" && this.known.open(this.camera.site).length > 0) this.start();
    });
    void this.#run(signal);
  }

  stop(): void {
    this.#stop.abort();
    this.session?.close();
    this.session = null;
  }

  /** A new frame with `size` pixels is on the glass. Returns what the tile may say about it `now`, in page time. */
  frame(now: number, rtp: number, size: number): Verdict {
    this.#size = size;
    if (this.#shownAt === null || rtp !== this.#rtp) {
      this.#interval = Math.max(now - (this.#shownAt ?? now), 0.95 * this.#interval);
      this.#shownAt = now;
      this.#held = null;
    }
    this.#rtp = rtp;
    this.#capturedAt = null;
    if (this.phase === "waiting") {
      this.phase = "playing";
      this.words = "";
    }
    this.hooks.changed();
    return this.verdict(now);
  }

  /** Why no picture is arriving although the camera is sending; null while pictures are arriving. */
  get hold(): Hold | null {
    if (this.phase === "ended" || this.phase === "opening") return null;
    if (this.session?.reconnecting) return "reconnecting";
    return this.waiting || (this.phase === "waiting" ? "keyframe" : this.#held);
  }

  verdict(now: number): Verdict {
    const clock = this.known.channel.clock.at(now);
    const capture = this.#capture();
    if (clock && capture && this.#shownAt !== null) this.#capturedAt = capture.capture - clock.offset;
    const fault = sourceFault(this.known.cameras.get(this.camera.id), this.stream);
    const limits = this.known.me?.age;
    if (this.phase === "ended" || !limits) return { state: "not_live", age: null, uncertainty: null, reason: this.words };
    const { heardAt } = this.known.channel;
    this.#held = this.hold;
    const heldBack = this.#held && HOLDS[this.#held].words;
    const frame = { shownAt: this.#shownAt, capturedAt: this.#capturedAt, capture };
    return judge({ now, heardAt, clock, ...frame, sourceFault: fault, heldBack }, limits);
  }

  /** Return when the frame on the glass was captured. If its size is the other stream's, the map has not caught up with the
   * change yet, and the frame is trusted no more than that stream is. */
  #capture(): Capture | null {
    const capture = this.#timeline.capture(this.#rtp);
    if (!capture?.trusted || capture.stream === "transcoded") return capture;
    const { main, sub } = this.known.cameras.get(this.camera.id)?.streams ?? {};
    const [own, other] = capture.stream === "main" ? [main, sub] : [sub, main];
    if (!own || !other || this.#size !== pixels(other) || this.#size === pixels(own)) return capture;
    return other.clock === "trusted" ? capture : { ...capture, trusted: false, reason: other.clock_reason };
  }

  /** Return how many seconds ago the picture's content last changed, or null if it is changing or nobody knows. */
  unchanged(now: number): number | null {
    const clock = this.known.channel.clock.at(now);
    return this.unchangedSince === null || clock === null ? null : now + clock.offset - this.unchangedSince;
  }

  /** If the picture stands still for no known reason, restart ICE, once per standstill. */
  #look(): void {
    const shown = this.#shownAt;
    if (this.phase !== "playing" || this.waiting !== "" || shown === null || shown === this.#reconnectedFor) return;
    if (document.hidden || this.known.now() - shown < Math.max(STANDS_STILL, INTERVALS * this.#interval)) return;
    if (sourceFault(this.known.cameras.get(this.camera.id), this.stream) !== null) return;
    this.#reconnectedFor = shown;
    void this.session?.reconnect();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { site } = this.camera;
    this.#set("opening", "Opening the picture.");
    const release = this.known.tokens.use(site, (of, token) => {
      if (of === site) this.session?.renew(token).catch(() => undefined);
    });
    signal.addEventListener("abort", release);
    while (await this.#once(signal)) await sleep(this.#backoff.next(), signal);
  }

  /** Open one session and play it to its end. Resolves to true if it should be tried again. */
  async #once(signal: AbortSignal): Promise<boolean> {
    const { site, id, sound } = this.camera;
    try {
      const token = await this.known.tokens.token(site);
      if (signal.aborted) return false;
      const session = await WhepSession.open({ camera: id, stream: this.wanted, sound, token });
      void this.#catchUp(session, token);
      const reason = await this.#watch(session, signal);
      if (left(signal)) return false;
      const ending = ENDINGS[reason];
      if (ending !== undefined) this.#ended(ending);
      else this.#set("opening", interruption(reason));
      return ending === undefined;
    } catch (error) {
      return !left(signal) && !this.#refused(error);
    }
  }

  /** Play until the session ends. Resolves to the reason's code. */
  async #watch(session: WhepSession, signal: AbortSignal): Promise<string> {
    if (signal.aborted) {
      session.close();
      return "viewer_left";
    }
    this.session = session;
    this.stream = session.stream;
    this.waiting = "";
    this.#timeline.clear();
    this.#listen();
    this.hooks.media(session.media);
    this.#set("waiting", "");
    const settled = setTimeout(() => this.#backoff.reset(), LAST_RETRY);
    const reason = await session.ended;
    clearTimeout(settled);
    if (this.session === session) this.session = null;
    return reason;
  }

  /** If a new token was issued while the offer was under way, give it to this session: only other sessions received it. */
  async #catchUp(session: WhepSession, used: string): Promise<void> {
    try {
      const newest = await this.known.tokens.token(this.camera.site);
      if (newest !== used) await session.renew(newest);
    } catch {
      // The session then ends when its token expires, and is opened again.
    }
  }

  /** Ask the event channel for the current map of this stream's frame times. */
  #listen(): void {
    if (this.session) this.known.channel.send({ type: "watch", session: this.session.id });
  }

  /** Return true if the gateway's refusal is final for now. */
  #refused(error: unknown): boolean {
    if (error instanceof Problem && (error.status === 403 || error.status === 404)) {
      this.known.tokens.forget(this.camera.site);
      if (error.code === "not_in_grant" && !this.#narrow) {
        this.#narrow = true;
        return false;
      }
      this.#ended(sentence(error.message));
      this.refused = true;
      this.hooks.changed();
      return true;
    }
    if (error instanceof Problem && error.status === 401) this.known.tokens.forget(this.camera.site);
    this.#set("opening", error instanceof Problem ? error.message : "This browser could not open the picture.");
    return false;
  }

  #ended(words: string): void {
    this.refused = false;
    this.#shownAt = null;
    this.unchangedSince = null;
    this.hooks.media(null);
    this.#set("ended", words);
  }

  #content(picture: Of<"picture">): void {
    if (picture.camera === this.camera.id) this.unchangedSince = picture.unchanged_since_gt;
  }

  #told(event: Of<"session">): void {
    if (event.session !== this.session?.id) return;
    this.stream = event.stream;
    this.waiting = event.waiting;
    if (event.state === "closed") this.session.gone(event.reason);
    this.hooks.changed();
  }

  #point(point: TimelineEvent): void {
    if (point.session === this.session?.id) this.#timeline.add(point);
  }

  #incident(incident: Incident): void {
    if (incident.site === this.camera.site && incident.state === "open" && this.phase === "ended") this.start();
  }

  #set(phase: Phase, words: string): void {
    this.phase = phase;
    this.words = words;
    this.hooks.changed();
  }
}

const pixels = (source: Source): number => source.width * source.height;

/** Return true if the viewer has left. Callers check this again after each wait. It is a function, so that the compiler
 *  does not assume that the first answer still holds. */
const left = (signal: AbortSignal): boolean => signal.aborted;

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => resolve());
  });
}
