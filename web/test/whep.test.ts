import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { WhepSession } from "../src/core/whep.js";

class FakePeer {
  static last: FakePeer;
  connectionState = "new";
  onconnectionstatechange: (() => void) | null = null;
  localDescription: { sdp: string } | null = null;
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
  setLocalDescription(): Promise<void> {
    this.localDescription = { sdp: "the offer" };
    return Promise.resolve();
  }
  setRemoteDescription(description: { sdp: string }): Promise<void> {
    this.answer = description.sdp;
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
const open = (): Promise<WhepSession> => WhepSession.open({ camera: "gym", stream: "sub", token: "jwt" });

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
  it("offers to receive video only, with the token in the header and the least delay", async () => {
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

  it("leaves no connection behind where the gateway refuses, and tells the reason", async () => {
    const body = JSON.stringify({ code: "no_incident", detail: "No incident at this school." });
    asked.mockResolvedValue(new Response(body, { status: 403 }));
    await expect(open()).rejects.toMatchObject({ status: 403, message: "No incident at this school." });
    expect(FakePeer.last.closed).toBe(true);
  });

  it("hands a fresh token to its own resource", async () => {
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

  it("asks nothing of a gateway that has ended it", async () => {
    const session = await open();
    session.gone("incident_ended");
    expect(asked).toHaveBeenCalledOnce();
    await expect(session.ended).resolves.toBe("incident_ended");
  });

  it("ends when it does not connect in time", async () => {
    const session = await open();
    vi.advanceTimersByTime(10_000);
    await expect(session.ended).resolves.toBe("never_connected");
  });

  it("survives a short interruption, and ends at a long one", async () => {
    const session = await open();
    FakePeer.last.becomes("connected");
    FakePeer.last.becomes("disconnected");
    vi.advanceTimersByTime(3000);
    FakePeer.last.becomes("connected");
    vi.advanceTimersByTime(60_000);
    expect(FakePeer.last.closed).toBe(false);
    FakePeer.last.becomes("disconnected");
    vi.advanceTimersByTime(4000);
    await expect(session.ended).resolves.toBe("interrupted");
  });
});
