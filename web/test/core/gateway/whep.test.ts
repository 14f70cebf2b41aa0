import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { WhepSession } from "../../../src/core/gateway/whep.js";

const OFFER = ["v=0", "a=group:BUNDLE 0", "m=video 9 X 96", "a=mid:0", "a=ice-ufrag:theirs", "a=ice-pwd:p", "a=x"].join("\r\n");

class FakePeer {
  static last: FakePeer;
  connectionState = "new";
  onconnectionstatechange: (() => void) | null = null;
  localDescription: { sdp: string } | null = null;
  remoteDescription: { sdp: string } | null = null;
  configuration: RTCConfiguration = {};
  answer = "";
  closed = false;
  receiver = { track: {}, jitterBufferTarget: null, playoutDelayHint: null };
  transceivers: unknown[][] = [];

  constructor() {
    FakePeer.last = this;
  }
  addTransceiver(...of: unknown[]): { receiver: FakePeer["receiver"] } {
    this.transceivers.push(of);
    return { receiver: this.receiver };
  }
  createOffer(options?: { iceRestart: boolean }): Promise<{ sdp: string }> {
    return Promise.resolve({ sdp: options?.iceRestart ? OFFER : "the offer" });
  }
  getConfiguration(): RTCConfiguration {
    return {};
  }
  setConfiguration(configuration: RTCConfiguration): void {
    if (this.localDescription === null) this.configuration = configuration;
  }
  setLocalDescription(description: { sdp: string }): Promise<void> {
    this.localDescription = description;
    return Promise.resolve();
  }
  setRemoteDescription(description: { sdp: string }): Promise<void> {
    this.answer = description.sdp;
    this.remoteDescription = description;
    return Promise.resolve();
  }
  close(): void {
    this.closed = true;
  }
  becomes(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

const asked = vi.fn<(path: string, init: RequestInit) => Promise<Response>>();
const ANSWER = {
  status: 201,
  headers: { Location: "/whep/sessions/secret", "X-Sightline-Session": "public", "X-Sightline-Stream": "sub" },
};
const open = (): Promise<WhepSession> => WhepSession.open({ camera: "gym", stream: "sub", sound: false, token: "jwt" });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("MediaStream", EventTarget);
  vi.stubGlobal("fetch", asked);
  asked.mockReset().mockImplementation(() => Promise.resolve(new Response("the answer", ANSWER)));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a WHEP session", () => {
  it("offers to receive only video, with the token in the header and the least delay", async () => {
    const session = await open();
    expect(FakePeer.last.transceivers).toEqual([["video", { direction: "recvonly" }]]);
    expect(FakePeer.last.receiver).toMatchObject({ jitterBufferTarget: 0, playoutDelayHint: 0 });
    const [path, init] = asked.mock.calls[0] ?? [];
    expect(path).toBe("/whep/gym?stream=sub");
    expect(init).toMatchObject({ method: "POST", body: "the offer" });
    expect(new Headers(init?.headers).get("Authorization")).toBe("Bearer jwt");
    expect(FakePeer.last.answer).toBe("the answer");
    expect(session).toMatchObject({ id: "public", stream: "sub" });
  });

  it("leaves no connection behind if the gateway refuses, and reports the reason", async () => {
    const body = JSON.stringify({ code: "no_incident", detail: "No incident at this school." });
    asked.mockResolvedValue(new Response(body, { status: 403 }));
    await expect(open()).rejects.toMatchObject({ status: 403, message: "No incident at this school." });
    expect(FakePeer.last.closed).toBe(true);
  });

  it("sends a fresh token to its own resource", async () => {
    const session = await open();
    await session.renew("fresh");
    const [path, init] = asked.mock.calls[1] ?? [];
    expect(path).toBe("/whep/sessions/secret/token");
    expect(new Headers(init?.headers).get("Authorization")).toBe("Bearer fresh");
  });

  it("deletes its resource once when it is closed", async () => {
    const session = await open();
    session.close();
    session.close();
    expect(asked).toHaveBeenCalledTimes(2);
    expect(asked).toHaveBeenLastCalledWith("/whep/sessions/secret", { method: "DELETE", keepalive: true });
    await expect(session.ended).resolves.toBe("viewer_left");
  });

  it("sends no request to a gateway that has ended it", async () => {
    const session = await open();
    session.gone("incident_ended");
    expect(asked).toHaveBeenCalledOnce();
    await expect(session.ended).resolves.toBe("incident_ended");
  });

  it("ends if it does not connect in time", async () => {
    const session = await open();
    vi.advanceTimersByTime(10_000);
    await expect(session.ended).resolves.toBe("never_connected");
  });

  it("survives a short interruption, and ends after a long one", async () => {
    const session = await open();
    FakePeer.last.becomes("connected");
    FakePeer.last.becomes("disconnected");
    vi.advanceTimersByTime(3000);
    FakePeer.last.becomes("connected");
    vi.advanceTimersByTime(60_000);
    expect(FakePeer.last.closed).toBe(false);
    FakePeer.last.becomes("disconnected");
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(session.ended).resolves.toBe("interrupted");
  });

  it("gathers candidates with the servers that the answer names", async () => {
    const headers = {
      ...ANSWER.headers,
      Link: '<stun:s>; rel="ice-server", <turn:t?transport=udp>; rel="ice-server"; username="1:a"; credential="c\\"d"; credential-type="password", </x>; rel="other"',
    };
    asked.mockResolvedValue(new Response("the answer", { ...ANSWER, headers }));
    await open();
    expect(FakePeer.last.configuration.iceServers).toEqual([
      { urls: "stun:s" },
      { urls: "turn:t?transport=udp", username: "1:a", credential: 'c"d' },
    ]);
  });
});

describe("a session whose path to the gateway changes", () => {
  const LONG = ["v=0", "m=video 1 X 96", "a=ice-ufrag:a", "a=ice-pwd:b", "a=candidate:1", "a=sendonly"].join("\r\n");
  const ANEW = "a=ice-lite\r\nm=video 9 X 96\r\na=ice-ufrag:c\r\na=ice-pwd:d\r\na=candidate:2\r\na=candidate:3\r\n";

  async function playing(): Promise<WhepSession> {
    asked.mockImplementation((_path, { method }) =>
      Promise.resolve(method === "PATCH" ? new Response(ANEW) : new Response(LONG, ANSWER)),
    );
    const session = await open();
    FakePeer.last.becomes("connected");
    return session;
  }
  const patches = (): RequestInit[] => asked.mock.calls.map(([, init]) => init).filter(({ method }) => method === "PATCH");

  it("restarts ICE when it is interrupted, and stays the same session", async () => {
    const session = await playing();
    expect(session.reconnecting).toBe(false);
    FakePeer.last.becomes("disconnected");
    await vi.advanceTimersByTimeAsync(0);
    expect(session.reconnecting).toBe(true);
    expect(asked.mock.lastCall?.[0]).toBe("/whep/sessions/secret");
    const [patch] = patches();
    expect(new Headers(patch?.headers).get("If-Match")).toBe("*");
    expect(patch?.body).toBe(
      "a=group:BUNDLE 0\r\nm=video 9 X 96\r\na=mid:0\r\na=ice-ufrag:theirs\r\na=ice-pwd:p\r\n",
    );
    expect(FakePeer.last.localDescription?.sdp).toBe(OFFER);
    expect(FakePeer.last.answer.split("\r\n")).toEqual([
      "v=0",
      "m=video 1 X 96",
      "a=ice-ufrag:c",
      "a=ice-pwd:d",
      "a=candidate:2",
      "a=candidate:3",
      "a=sendonly",
    ]);
    FakePeer.last.becomes("connected");
    expect(session.reconnecting).toBe(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakePeer.last.closed).toBe(false);
    expect(patches()).toHaveLength(1);
    session.close();
  });

  it("tries again while there is no network, once at a time", async () => {
    const session = await playing();
    asked.mockRejectedValue(new TypeError("no network"));
    void session.reconnect();
    void session.reconnect();
    await vi.advanceTimersByTimeAsync(1200);
    expect(patches()).toHaveLength(3);
    asked.mockResolvedValue(new Response(ANEW));
    await vi.advanceTimersByTimeAsync(5000);
    expect(patches()).toHaveLength(4);
    session.close();
  });

  it("ends if the gateway no longer knows it, so that another is opened", async () => {
    const session = await playing();
    const body = JSON.stringify({ code: "no_such_session", detail: "There is none." });
    asked.mockImplementation(() => Promise.resolve(new Response(body, { status: 404 })));
    void session.reconnect();
    await expect(session.ended).resolves.toBe("interrupted");
    expect(asked).toHaveBeenCalledTimes(2); // nothing to delete
  });
});
