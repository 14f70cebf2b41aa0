import { describe, expect, it } from "vitest";

import { Problem } from "../../../src/core/gateway/api.js";

describe("a refusal", () => {
  it.each([
    [409, "real_incident_open", true],
    [404, "no_such_incident", true],
    [403, "", false],
    [429, "too_many_requests", false],
    [425, "too_early", false],
    [503, "storage_failed", false],
    [0, "unreachable", false],
  ])("%s %s: final %s; answers of a proxy and temporary trouble are tried again", (status, code, final) => {
    expect(new Problem(status, code, "").final).toBe(final);
  });
});
