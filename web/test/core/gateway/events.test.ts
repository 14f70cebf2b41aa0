import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { EventChannel, type Socket } from "../../../src/core/gateway/events.js";

class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  sent: Record<string, unknown>[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.onopen?.call(this as unknown as WebSocket, new Event("open"));
  }
  says(message: Record<string, unknown>): void {
    this.onmessage?.call(this as unknown as WebSocket, { data: JSON.stringify(message) } as MessageEvent);
  }
  dies(): void {
    this.onclose?.call(this as unknown as WebSocket, {} as CloseEvent);
  }
  greets(epoch: string, seq = 0): void {
    this.opens();
    this.says({ type: "hello", epoch, seq, gateway_time: 500, now_at: 1, set_by: 0 });
  }
}

const sockets: FakeSocket[] = [];
const socket = (index: number): FakeSocket => {
  const found = sockets[index];
  if (!found) throw new Error(`no connection ${index}`);
  return found;
};
const event = vi.fn();
const lost = vi.fn();
const clockSet = vi.fn();
let channel: EventChannel;

beforeEach(() => {
  vi.useFakeTimers();
  sockets.length = 0;
  event.mockReset();
  lost.mockReset();
  clockSet.mockReset();
  const connect = (): Socket => {
    const made = new FakeSocket();
    sockets.push(made);
    return made;
  };
  channel = new EventChannel({ event, clockSet, lost }, () => Date.now() / 1000, connect);
  channel.start();
});

afterEach(() => {
  channel.stop();
  vi.useRealTimers();
});

describe("the event channel", () => {
  it("starts from nothing, and pings three times at once", () => {
    socket(0).greets("a");
    expect(socket(0).sent[0]).toEqual({ type: "resume", epoch: null, seq: 0 });
    expect(socket(0).sent.filter((message) => message["type"] === "ping")).toHaveLength(3);
  });

  it("reconnects after a loss and resumes at the last number that it received", () => {
    socket(0).greets("a", 7);
    socket(0).says({ type: "watchers", seq: 9, site: "s", watchers: [] });
    socket(0).dies();
    expect(lost).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(400);
    socket(1).opens();
    expect(socket(1).sent[0]).toEqual({ type: "resume", epoch: "a", seq: 9 });
  });

  it("asks for everything when somebody else signs in, not for what the previous person missed", () => {
    socket(0).greets("a", 7);
    socket(0).says({ type: "incident", seq: 9 });
    channel.forget();
    channel.start();
    socket(1).opens();
    expect(socket(1).sent[0]).toEqual({ type: "resume", epoch: null, seq: 0 });
  });

  it("waits longer after each attempt", () => {
    for (let attempt = 0; attempt < 6; attempt += 1) {
      sockets.at(-1)?.dies();
      vi.advanceTimersByTime(3001);
    }
    expect(sockets).toHaveLength(7);
    socket(6).dies();
    vi.advanceTimersByTime(1400);
    expect(sockets).toHaveLength(7);
  });

  it("reports that the gateway was restarted, and counts from the start again", () => {
    socket(0).greets("a", 40);
    socket(0).says({ type: "snapshot", seq: 40, incidents: [], cameras: [], watchers: {} });
    socket(0).dies();
    vi.advanceTimersByTime(400);
    socket(1).greets("b");
    expect(event).toHaveBeenLastCalledWith(expect.objectContaining({ type: "hello" }), true);
    socket(1).says({ type: "watchers", seq: 1, site: "s", watchers: [] });
    socket(1).dies();
    vi.advanceTimersByTime(400);
    socket(2).opens();
    expect(socket(2).sent[0]).toEqual({ type: "resume", epoch: "b", seq: 1 });
  });

  it("replaces a connection that is open but silent", () => {
    socket(0).greets("a");
    vi.advanceTimersByTime(6000);
    expect(socket(0).closed).toBe(true);
    vi.advanceTimersByTime(400);
    expect(sockets).toHaveLength(2);
  });

  it("reports once, with the next pong, that the gateway's clock was set", () => {
    socket(0).greets("a");
    for (let i = 0; i < 3; i += 1) socket(0).says({ type: "pong", t0: Date.now(), gateway_time: 1, set_by: -1200 });
    expect(channel.setBy).toBe(-1200);
    expect(clockSet).toHaveBeenCalledOnce();
  });

  it("measures the gateway's clock with pongs and does not pass them on", () => {
    socket(0).greets("a");
    event.mockReset();
    const now = Date.now();
    vi.advanceTimersByTime(20);
    socket(0).says({ type: "pong", t0: now, gateway_time: now / 1000 + 77.01, set_by: 0 });
    expect(channel.clock.at(Date.now() / 1000)?.offset).toBeCloseTo(77, 3);
    expect(event).not.toHaveBeenCalled();
  });

  it("forgets the earlier clock at every new connection", () => {
    socket(0).greets("a");
    socket(0).says({ type: "pong", t0: Date.now(), gateway_time: 1, set_by: 0 });
    socket(0).dies();
    vi.advanceTimersByTime(400);
    socket(1).greets("b");
    expect(channel.clock.at(Date.now() / 1000)).toBeNull();
  });

  it("ignores messages from a connection that it has closed", () => {
    socket(0).greets("a");
    socket(0).dies();
    event.mockReset();
    socket(0).says({ type: "signed_out", reason: "late" });
    expect(event).not.toHaveBeenCalled();
  });
});
