import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { PendingTrigger, newKey } from "../../../src/app/alarm/pending-trigger.js";
import { Problem } from "../../../src/core/gateway/api.js";
import type { Press } from "../../../src/core/alarm/pending.js";
import type { Incident } from "../../../src/core/protocol.js";

const ME = { id: "coordinator-1", name: "School coordinator 1" };
const OFFLINE = new Problem(0, "unreachable", "The gateway does not answer.");
const INCIDENT = { id: "incident-1" } as Incident;

const press = (): Press => ({
  key: newKey(),
  site: "lincoln",
  site_name: "Lincoln",
  kind: "real",
  room: null,
  room_name: null,
  enrolled: [],
  by: ME,
  at: Date.now() / 1000,
});

let kept: Map<string, string>;
let send: ReturnType<typeof vi.fn<(body: Record<string, unknown>, signal: AbortSignal) => Promise<Incident>>>;

/** A page that has been loaded. With `null` it cannot find out who is signed in. */
function page(who: { id: string } | null = ME): PendingTrigger {
  const shelf = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const trigger = new PendingTrigger(send, () => shelf, () => Date.now() / 1000);
  if (who) trigger.signedIn(who);
  return trigger;
}

const keys = (): unknown[] => send.mock.calls.map(([body]) => body["key"]);

beforeEach(() => {
  vi.useFakeTimers();
  kept = new Map();
  send = vi.fn();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a trigger pressed without a network", () => {
  it("is still tried by a page loaded without a network, and is sent minutes later without asking", async () => {
    send.mockRejectedValueOnce(OFFLINE).mockResolvedValue(INCIDENT);
    page().press(press());
    await vi.advanceTimersByTimeAsync(0);
    const reloaded = page(null);
    for (let second = 0; second < 600; second += 2) {
      await vi.advanceTimersByTimeAsync(2000);
      reloaded.unanswered();
    }
    expect(reloaded.current).toMatchObject({ state: "waiting", attempts: 301 });
    reloaded.signedIn(ME);
    await vi.advanceTimersByTimeAsync(0);
    expect(send).toHaveBeenLastCalledWith(expect.objectContaining({ note: expect.stringContaining("10 min") as string }), expect.anything());
    expect(reloaded.current).toBeNull();
  });

  it("is tried again and again, with one key, and sent once", async () => {
    send.mockRejectedValueOnce(OFFLINE).mockRejectedValueOnce(OFFLINE).mockResolvedValue(INCIDENT);
    const trigger = page();
    trigger.press(press());
    await vi.advanceTimersByTimeAsync(10_000);
    expect(send).toHaveBeenCalledTimes(3);
    expect(new Set(keys()).size).toBe(1);
    expect(trigger.current).toBeNull();
    expect(kept.size).toBe(0);
  });

  it("is tried at once when the network is back", async () => {
    send.mockRejectedValue(OFFLINE);
    const trigger = page();
    trigger.press(press());
    await vi.advanceTimersByTimeAsync(60_000);
    const before = send.mock.calls.length;
    send.mockResolvedValue(INCIDENT);
    trigger.tryNow();
    await vi.advanceTimersByTimeAsync(1);
    expect(send).toHaveBeenCalledTimes(before + 1);
    expect(trigger.current).toBeNull();
  });

  it("gives up an attempt that hangs, and makes another", async () => {
    send.mockImplementation(
      (_body, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(OFFLINE))),
    );
    const trigger = page();
    trigger.press(press());
    await vi.advanceTimersByTimeAsync(4900);
    expect(trigger.current?.state).toBe("sending");
    await vi.advanceTimersByTimeAsync(1500);
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("is cancelled for good, together with its current attempt", async () => {
    send.mockRejectedValue(OFFLINE);
    const trigger = page();
    trigger.press(press());
    await vi.advanceTimersByTimeAsync(2000);
    const before = send.mock.calls.length;
    trigger.callOff();
    await vi.advanceTimersByTimeAsync(60_000);
    trigger.tryNow();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(send).toHaveBeenCalledTimes(before);
    expect(trigger.current?.state).toBe("called_off");
  });

  it("is still sent after the page was reloaded, with the same key", async () => {
    send.mockRejectedValue(OFFLINE);
    page().press(press());
    await vi.advanceTimersByTimeAsync(100);
    send.mockResolvedValue(INCIDENT);
    const again = page();
    await vi.advanceTimersByTimeAsync(1);
    expect(again.current).toBeNull();
    expect(new Set(keys()).size).toBe(1);
  });

  it("asks before it is sent by a page that slept", async () => {
    send.mockRejectedValue(OFFLINE);
    const trigger = page();
    trigger.press(press());
    await vi.advanceTimersByTimeAsync(100);
    send.mockClear();
    vi.setSystemTime(Date.now() + 3_600_000); // timers did not run meanwhile
    await vi.advanceTimersByTimeAsync(10_000);
    expect(trigger.current?.state).toBe("asking");
    expect(send).not.toHaveBeenCalled();
    send.mockResolvedValue(INCIDENT);
    trigger.sendNow();
    await vi.advanceTimersByTimeAsync(1);
    expect(send.mock.calls[0]?.[0]["note"]).toMatch(/60 min after it was pressed/);
  });
});

describe("a trigger and who is signed in", () => {
  it("is never sent in another person's name", async () => {
    send.mockRejectedValue(OFFLINE);
    page().press(press());
    vi.clearAllTimers();
    send.mockClear();
    const other = page({ id: "coordinator-2" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(other.current?.state).toBe("refused");
    expect(send).not.toHaveBeenCalled();
  });

  it("waits for the same person if the sign-in has ended, and asks them", async () => {
    send.mockRejectedValue(new Problem(401, "unauthorized", "Sign in first."));
    const trigger = page();
    trigger.press(press());
    await vi.advanceTimersByTimeAsync(1);
    expect(trigger.current?.state).toBe("asking");
    trigger.signedOut();
    trigger.signedIn(ME);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(send).toHaveBeenCalledTimes(1);
    expect(trigger.current?.state).toBe("asking");
  });

  it("ends with the gateway's words if the gateway refuses it, but continues if a proxy does", async () => {
    send.mockRejectedValueOnce(new Problem(403, "", "The gateway answered 403."));
    send.mockRejectedValueOnce(new Problem(409, "real_incident_open", "A real incident is open."));
    const trigger = page();
    trigger.press(press());
    await vi.advanceTimersByTimeAsync(5000);
    expect(send).toHaveBeenCalledTimes(2);
    expect(trigger.current).toMatchObject({ state: "refused", words: "A real incident is open." });
  });

  it("is sent by a device that stores nothing", async () => {
    const forbidden = (): never => {
      throw new Error("storage is forbidden");
    };
    send.mockResolvedValue(INCIDENT);
    const trigger = new PendingTrigger(send, forbidden, () => Date.now() / 1000);
    trigger.signedIn(ME);
    trigger.press(press());
    await vi.advanceTimersByTimeAsync(1);
    expect(send).toHaveBeenCalledOnce();
  });
});

describe("a gateway with a full disk", () => {
  it("makes the page send the trigger again with the same key and say that it sounds", async () => {
    const words = "The alarm sounds, but the gateway could not store it.";
    send.mockRejectedValueOnce(new Problem(503, "not_on_disk", words)).mockResolvedValue(INCIDENT);
    const trigger = page();
    trigger.press(press());
    await vi.advanceTimersByTimeAsync(0);
    expect(trigger.current).toMatchObject({ state: "waiting", words, sounds: true });
    await vi.advanceTimersByTimeAsync(5000);
    expect(trigger.current).toBeNull();
    expect(new Set(keys()).size).toBe(1);
  });
});
