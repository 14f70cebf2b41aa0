import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Problem } from "../src/core/api.js";
import type { Token } from "../src/core/protocol.js";
import { SiteTokens } from "../src/media/tokens.js";

let number = 0;
const made = (): Promise<Token> => {
  number += 1;
  const grant = { id: "g", site: "s", basis: "incident", incident: "i", cameras: [] };
  return Promise.resolve({ token: `token ${number}`, expires_at: 0, expires_in: 120, grant });
};
const issue = vi.fn(made);
const renewed = vi.fn();
let tokens: SiteTokens;

beforeEach(() => {
  vi.useFakeTimers();
  number = 0;
  issue.mockReset().mockImplementation(made);
  renewed.mockReset();
  tokens = new SiteTokens(issue, () => Date.now() / 1000);
});
afterEach(() => vi.useRealTimers());

describe("a site's token", () => {
  it("is asked for once by tiles that open together", async () => {
    expect(await Promise.all([tokens.token("s"), tokens.token("s")])).toEqual(["token 1", "token 1"]);
    expect(issue).toHaveBeenCalledOnce();
  });

  it("is asked for anew when the incidents change while one is on its way", async () => {
    const before = tokens.token("s");
    tokens.forget("s");
    expect(await tokens.token("s")).toBe("token 2");
    await before;
    expect(await tokens.token("s")).toBe("token 2");
  });

  it("of one person is never used by the next who signs in here", async () => {
    const underWay = tokens.token("s");
    tokens.forgetAll();
    await underWay;
    expect(await tokens.token("s")).toBe("token 2");
    tokens.forgetAll();
    expect(await tokens.token("s")).toBe("token 3");
  });

  it("is renewed at half its life and handed to everyone who watches", async () => {
    tokens.use("s", renewed);
    await tokens.token("s");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(renewed).toHaveBeenCalledExactlyOnceWith("s", "token 2");
  });

  it("is renewed for a viewer who comes when it is already there", async () => {
    await tokens.token("s");
    await vi.advanceTimersByTimeAsync(30_000);
    tokens.use("s", renewed);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(renewed).toHaveBeenCalledExactlyOnceWith("s", "token 2");
  });

  it("is asked for again when the gateway says, where it was asked too much", async () => {
    tokens.use("s", renewed);
    await tokens.token("s");
    issue.mockRejectedValueOnce(new Problem(429, "too_many_requests", "Wait.", 7));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(renewed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(6_900);
    expect(issue).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(renewed).toHaveBeenCalledOnce();
  });

  it("is left to die when nobody watches any more", async () => {
    const leave = tokens.use("s", renewed);
    await tokens.token("s");
    leave();
    await vi.advanceTimersByTimeAsync(300_000);
    expect(issue).toHaveBeenCalledOnce();
  });

  it("is asked for again soon where the network failed", async () => {
    tokens.use("s", renewed);
    await tokens.token("s");
    issue.mockRejectedValueOnce(new Problem(0, "unreachable", ""));
    await vi.advanceTimersByTimeAsync(62_000);
    expect(renewed).toHaveBeenCalledOnce();
  });

  it("is not asked for again where it was refused", async () => {
    tokens.use("s", renewed);
    await tokens.token("s");
    issue.mockRejectedValue(new Problem(403, "no_incident", "No incident."));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(issue).toHaveBeenCalledTimes(2);
  });

  it("is asked anew after the incidents of the site have changed", async () => {
    await tokens.token("s");
    tokens.forget("s");
    expect(await tokens.token("s")).toBe("token 2");
  });
});
