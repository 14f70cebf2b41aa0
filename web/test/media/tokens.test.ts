import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Problem } from "../../src/core/gateway/api.js";
import type { Token } from "../../src/core/protocol.js";
import { SiteTokens } from "../../src/media/tokens.js";

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
  it("is requested once by tiles that open together", async () => {
    expect(await Promise.all([tokens.token("s"), tokens.token("s")])).toEqual(["token 1", "token 1"]);
    expect(issue).toHaveBeenCalledOnce();
  });

  it("is requested again if the incidents change while a request is under way", async () => {
    const before = tokens.token("s");
    tokens.forget("s");
    expect(await tokens.token("s")).toBe("token 2");
    await before;
    expect(await tokens.token("s")).toBe("token 2");
  });

  it("is never used by the next person who signs in here", async () => {
    const underWay = tokens.token("s");
    tokens.forgetAll();
    await underWay;
    expect(await tokens.token("s")).toBe("token 2");
    tokens.forgetAll();
    expect(await tokens.token("s")).toBe("token 3");
  });

  it("is renewed halfway through its lifetime and given to everyone who is watching", async () => {
    tokens.use("s", renewed);
    await tokens.token("s");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(renewed).toHaveBeenCalledExactlyOnceWith("s", "token 2");
  });

  it("is renewed for a viewer who arrives when it already exists", async () => {
    await tokens.token("s");
    await vi.advanceTimersByTimeAsync(30_000);
    tokens.use("s", renewed);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(renewed).toHaveBeenCalledExactlyOnceWith("s", "token 2");
  });

  it("is requested again when the gateway says, if there were too many requests", async () => {
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

  it("is left to expire once nobody is watching", async () => {
    const leave = tokens.use("s", renewed);
    await tokens.token("s");
    leave();
    await vi.advanceTimersByTimeAsync(300_000);
    expect(issue).toHaveBeenCalledOnce();
  });

  it("is requested again soon if the network failed", async () => {
    tokens.use("s", renewed);
    await tokens.token("s");
    issue.mockRejectedValueOnce(new Problem(0, "unreachable", ""));
    await vi.advanceTimersByTimeAsync(62_000);
    expect(renewed).toHaveBeenCalledOnce();
  });

  it("is not requested again if it was refused", async () => {
    tokens.use("s", renewed);
    await tokens.token("s");
    issue.mockRejectedValue(new Problem(403, "no_incident", "No incident."));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(issue).toHaveBeenCalledTimes(2);
  });

  it("is requested again after the incidents of the site have changed", async () => {
    await tokens.token("s");
    tokens.forget("s");
    expect(await tokens.token("s")).toBe("token 2");
  });
});
