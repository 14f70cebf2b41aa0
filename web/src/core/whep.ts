/** One WHEP session (draft-ietf-wish-whep): offer, answer, the token's renewal, DELETE. It ends once, and says why. */

import { Problem, request } from "./api.js";
import type { SentStream, StreamName } from "./protocol.js";

/** How long a connection may take, and how long it may be interrupted (milliseconds). */
const CONNECT_WITHIN = 10_000;
const INTERRUPTED = 4_000;
const STREAMS: readonly SentStream[] = ["main", "sub", "transcoded"];

type LowDelayReceiver = RTCRtpReceiver & { jitterBufferTarget?: number | null; playoutDelayHint?: number };

export interface Wanted {
  readonly camera: string;
  /** Null: what suits the role and its link. */
  readonly stream: StreamName | null;
  readonly token: string;
}

export class WhepSession {
  /** Resolves once, with the reason's word, when no more pictures come. */
  readonly ended: Promise<string>;
  #end: (reason: string) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

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

  /** Offer to watch. Raises Problem with the gateway's reason. */
  static async open(wanted: Wanted): Promise<WhepSession> {
    const peer = new RTCPeerConnection();
    try {
      const { receiver } = peer.addTransceiver("video", { direction: "recvonly" });
      showAtOnce(receiver);
      await peer.setLocalDescription();
      // Sent without waiting for candidates: the gateway is ICE-lite and learns the address from the checks.
      const query = wanted.stream === null ? "" : `?stream=${wanted.stream}`;
      const response = await request(`/whep/${encodeURIComponent(wanted.camera)}${query}`, {
        method: "POST",
        headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${wanted.token}` },
        body: peer.localDescription?.sdp ?? "",
      });
      const resource = response.headers.get("Location");
      if (resource === null) throw new Problem(502, "no_location", "The gateway's answer names no session.");
      const id = response.headers.get("X-Sightline-Session") ?? "";
      const stream = STREAMS.find((name) => name === response.headers.get("X-Sightline-Stream")) ?? "main";
      const session = new WhepSession(peer, new MediaStream([receiver.track]), resource, id, stream);
      try {
        await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
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

  /** Hand the fresh token to the running session. Raises Problem. */
  async renew(token: string): Promise<void> {
    await request(`${this.resource}/token`, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
  }

  /** Stop here and tell the gateway. */
  close(reason = "viewer_left"): void {
    if (!this.#finish(reason)) return;
    // `keepalive` lets it out while the page is closing; where it fails, the gateway notices by itself. The connection
    // is closed after it, since its own goodbye would overtake the request and make it a 404.
    request(this.resource, { method: "DELETE", keepalive: true })
      .catch(() => undefined)
      .finally(() => this.peer.close());
  }

  /** The gateway has ended it already. */
  gone(reason: string): void {
    if (this.#finish(reason)) this.peer.close();
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
    if (state === "connected") clearTimeout(this.#timer);
    else if (state === "disconnected") this.#limit("interrupted", INTERRUPTED);
    else if (state === "failed") this.close("interrupted");
  }
}

/** Ask for no more delay than decoding needs: an old smooth picture is worth less here than a new rough one. */
function showAtOnce(receiver: LowDelayReceiver): void {
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
  if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0;
}
