/** One WHEP session (draft-ietf-wish-whep): offer, answer, token renewal, ICE restarts, DELETE. It ends once and says
 *  why. */

import { Problem, request } from "./api.js";
import { withNewCredentials, fragmentOf, FRAGMENT, iceServers } from "./ice.js";
import type { SentStream, StreamName } from "../protocol.js";

/** How long connecting may take, and how long a connection may be interrupted (milliseconds). */
const CONNECT_WITHIN = 10_000;
const INTERRUPTED = 10_000;

/** How long one ICE restart may take, and the pause before the next (milliseconds). */
const ATTEMPT_WITHIN = 2_000;
const NEXT_ATTEMPT = 500;
const STREAMS: readonly SentStream[] = ["main", "sub", "transcoded"];

type LowDelayReceiver = RTCRtpReceiver & { jitterBufferTarget?: number | null; playoutDelayHint?: number };

export interface Wanted {
  readonly camera: string;
  /** Null: the gateway chooses according to the role and the link. */
  readonly stream: StreamName | null;
  /** True to ask for the camera's sound too. */
  readonly sound: boolean;
  readonly token: string;
}

export class WhepSession {
  /** Resolves once, with the reason's code, when no more pictures will come. */
  readonly ended: Promise<string>;
  #end: (reason: string) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;
  /** The gateway's answer. An ICE restart replaces some lines of it. */
  #answer = "";
  #interrupted = false;
  #reconnecting = false;

  private constructor(
    private readonly peer: RTCPeerConnection,
    readonly media: MediaStream,
    private readonly resource: string,
    readonly id: string,
    readonly stream: SentStream,
  ) {
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#limit("never_connected", CONNECT_WITHIN);
    peer.onconnectionstatechange = () => this.#changed();
  }

  /** Send an offer and open a session. Raises Problem with the gateway's reason. */
  static async open(wanted: Wanted): Promise<WhepSession> {
    const peer = new RTCPeerConnection();
    try {
      // The picture comes first, because its section represents the whole connection.
      const kinds = wanted.sound ? ["video", "audio"] : ["video"];
      const receivers = kinds.map((kind) => peer.addTransceiver(kind, { direction: "recvonly" }).receiver);
      receivers.forEach(showAtOnce);
      // Send before gathering any candidates: the gateway is ICE-lite and learns our address from the checks, and its
      // answer names the servers to gather with.
      const offer = await peer.createOffer();
      const query = wanted.stream === null ? "" : `?stream=${wanted.stream}`;
      const response = await request(`/whep/${encodeURIComponent(wanted.camera)}${query}`, {
        method: "POST",
        headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${wanted.token}` },
        body: offer.sdp ?? "",
      });
      const resource = response.headers.get("Location");
      if (resource === null) throw new Problem(502, "no_location", "The gateway's answer names no session.");
      const id = response.headers.get("X-Sightline-Session") ?? "";
      const stream = STREAMS.find((name) => name === response.headers.get("X-Sightline-Stream")) ?? "main";
      const session = new WhepSession(peer, new MediaStream(receivers.map(({ track }) => track)), resource, id, stream);
      try {
        session.#answer = await response.text();
        const servers = iceServers(response.headers.get("Link"));
        if (servers.length > 0) peer.setConfiguration({ ...peer.getConfiguration(), iceServers: servers });
        await peer.setLocalDescription(offer);
        await peer.setRemoteDescription({ type: "answer", sdp: session.#answer });
      } catch (error) {
        session.close("answer_refused");
        throw error;
      }
      return session;
    } catch (error) {
      peer.close();
      throw error;
    }
  }

  /** True while the path to the gateway is lost or ICE is restarting. */
  get reconnecting(): boolean {
    return this.#reconnecting || this.#interrupted;
  }

  /** Give the running session a fresh token. If the gateway answers that there are too many requests, wait. Raises
   *  Problem. */
  async renew(token: string): Promise<void> {
    const init = { method: "POST", headers: { Authorization: `Bearer ${token}` } };
    for (;;) {
      try {
        await request(`${this.resource}/token`, init);
        return;
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 429 || this.#left()) throw error;
        await pause(Math.max(NEXT_ATTEMPT, 1000 * error.retryAfter));
      }
    }
  }

  /** Restart ICE until it succeeds, because the path to the gateway may have changed. Session and picture stay the same.
   *  Further calls meanwhile do nothing. */
  async reconnect(): Promise<void> {
    if (this.#reconnecting || this.#over || this.peer.remoteDescription === null) return;
    this.#reconnecting = true;
    try {
      while (!this.#left() && !(await this.#restarted())) await pause(NEXT_ATTEMPT);
    } finally {
      this.#reconnecting = false;
    }
  }

  /** End the session and tell the gateway. */
  close(reason = "viewer_left"): void {
    if (!this.#finish(reason)) return;
    // `keepalive` sends the request even while the page is closing. If it fails, the gateway notices by itself. Close the
    // connection afterwards: otherwise its own goodbye would overtake the request, which would get a 404.
    request(this.resource, { method: "DELETE", keepalive: true })
      .catch(() => undefined)
      .finally(() => this.peer.close());
  }

  /** End the session here, because the gateway has already ended it. */
  gone(reason: string): void {
    if (this.#finish(reason)) this.peer.close();
  }

  /** Restart ICE once. Resolves to true if no further attempt is needed. */
  async #restarted(): Promise<boolean> {
    const { peer } = this;
    try {
      const offer = await peer.createOffer({ iceRestart: true });
      const response = await request(this.resource, {
        method: "PATCH",
        headers: { "Content-Type": FRAGMENT, "If-Match": "*" },
        body: fragmentOf(offer.sdp ?? ""),
        signal: AbortSignal.timeout(ATTEMPT_WITHIN),
      });
      const fragment = await response.text();
      if (this.#left()) return true;
      await peer.setLocalDescription(offer);
      await peer.setRemoteDescription({ type: "answer", sdp: withNewCredentials(this.#answer, fragment) });
      return true;
    } catch (error) {
      // If the gateway no longer knows the session or refuses, only a new one helps. Without an answer, try again.
      const refused = error instanceof Problem && error.final;
      if (refused) this.gone("interrupted");
      return refused;
    }
  }

  /** Return true if the session has ended. Callers check this again after each wait. */
  #left(): boolean {
    return this.#over;
  }

  #finish(reason: string): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#end(reason);
    return true;
  }

  #limit(reason: string, after: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(reason), after);
  }

  #changed(): void {
    const state = this.peer.connectionState;
    if (state === "connected") {
      clearTimeout(this.#timer);
      this.#interrupted = false;
    } else if (state === "disconnected" || state === "failed") {
      if (!this.#interrupted) this.#limit("interrupted", INTERRUPTED);
      this.#interrupted = true;
      void this.reconnect();
    }
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Request no more delay than decoding needs: here, new pictures or sound that stutter are worth more than old ones that
 * are smooth.
 */
function showAtOnce(receiver: LowDelayReceiver): void {
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
  if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0;
}
