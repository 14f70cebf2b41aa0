import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Camera } from "../../src/core/protocol.js";
import { WhepSession } from "../../src/core/gateway/whep.js";
import { Viewing, type Known } from "../../src/media/viewing.js";

const CAPTURED = 1000;
const RATE = 90_000;
const PIXELS = 1280 * 720;
const LIMITS = { live_below: 2, delayed_below: 5, no_frame_after: 2, gateway_lost_after: 3 };
const CAMERA = { id: "gym", site: "lincoln", sound: false } as Camera;

class FakeStore extends EventTarget {
  seconds = 0;
  me = { age: LIMITS };
  cameras = new Map();
  now = (): number => this.seconds;
  tokens = { use: () => () => undefined, token: () => Promise.resolve("jwt"), forget: () => undefined };
  channel = {
    clock: { at: () => ({ offset: CAPTURED, uncertainty: 0.01 }) },
    send: () => undefined,
    heardAt: 0,
  };
  tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
  after(seconds: number): void {
    this.seconds += seconds;
    this.channel.heardAt = this.seconds;
  }
}

const session = {
  id: "public",
  stream: "main",
  media: {},
  reconnecting: false,
  ended: new Promise<string>(() => undefined),
  reconnect: () => Promise.resolve(),
  close: () => undefined,
};
let store: FakeStore;
let viewing: Viewing;
let told: string[] = [];

const shown = (): string => viewing.frame(store.seconds, store.seconds * RATE, PIXELS).state;
const says = (): string => viewing.verdict(store.seconds).state;

beforeEach(async () => {
  vi.stubGlobal("addEventListener", () => undefined);
  vi.spyOn(WhepSession, "open").mockResolvedValue(session as unknown as WhepSession);
  session.reconnecting = false;
  store = new FakeStore();
  const changed = (): void => void told.push(viewing.verdict(store.seconds).state);
  viewing = new Viewing(store as unknown as Known, CAMERA, "main", { media: () => undefined, changed });
  viewing.start();
  await vi.waitUntil(() => viewing.session !== null);
  const map = { rtp: 0, capture: CAPTURED, uncertainty: 0.01, trusted: true, reason: "", epoch: "1", stream: "main" };
  store.tell("timeline", { type: "timeline", session: "public", ...map });
});
afterEach(() => {
  viewing.stop();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("a picture that may be the last", () => {
  it("is live while pictures arrive", () => {
    expect(shown()).toBe("live");
    store.after(0.1);
    expect(says()).toBe("live");
  });

  it("becomes live again with the next picture, not with the ICE restart", () => {
    shown();
    store.after(0.9);
    session.reconnecting = true;
    expect(says()).toBe("delayed");
    session.reconnecting = false;
    expect(says()).toBe("delayed");
    expect(viewing.hold).toBe("reconnecting");
    viewing.frame(store.seconds, 0, PIXELS); // the same one, painted again
    expect(says()).toBe("delayed");
    expect(shown()).toBe("live");
    expect(viewing.hold).toBe(null);
  });

  it("becomes live again with the next picture, not when the gateway stops waiting", () => {
    shown();
    const told = { type: "session", session: "public", stream: "main", state: "playing", reason: "" };
    store.tell("session", { ...told, waiting: "link" });
    store.after(0.3);
    expect(says()).toBe("delayed");
    store.tell("session", { ...told, waiting: "" });
    expect(says()).toBe("delayed");
    expect(shown()).toBe("live");
  });

  it("is not live, even if the map is of a trusted stream, if its size is that of an untrusted stream", () => {
    const source = { state: "up", width: 1280, height: 720, clock: "trusted", clock_reason: "" };
    const other = { ...source, width: 640, height: 360, clock: "untrusted", clock_reason: "no reports" };
    store.cameras.set("gym", { streams: { main: source, sub: other } });
    expect(shown()).toBe("live");
    store.after(0.1);
    expect(viewing.frame(store.seconds, store.seconds * RATE, PIXELS / 4)).toMatchObject({ state: "unverified", reason: "no reports" });
    other.clock = "trusted";
    expect(says()).toBe("live");
  });
});

describe("a camera whose connection is lost", () => {
  it("stops being live as soon as the gateway says so, however recent its last picture is", () => {
    shown();
    const lost = { id: "gym", streams: { main: { state: "down", reason: "closed_by_camera", width: 0, height: 0 } } };
    store.cameras.set("gym", lost);
    told = [];
    store.tell("camera", { type: "camera", camera: { ...lost, id: "hall" } });
    expect(told).toEqual([]);
    store.tell("camera", { type: "camera", camera: lost });
    expect(told).toEqual(["not_live"]);
  });
});
