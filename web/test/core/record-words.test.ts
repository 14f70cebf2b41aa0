import { describe, expect, it } from "vitest";

import { spoken, timeLike } from "../../src/core/record-words.js";

describe("the record's details", () => {
  it("show times as times, in the record's own offset, cut to hundredths like the record's", () => {
    expect(timeLike(1795769442.43674, "2026-11-27T03:30:42.43-05:30")).toBe("2026-11-27 03:20:42.43-05:30");
    expect(timeLike(1795769442.43674, "2026-11-27T09:50:42.43+01:00")).toBe("2026-11-27 09:50:42.43+01:00");
    expect(spoken("ends_at", 1795769442.43674, "2026-11-27T08:50:42.43+00:00")).toBe("2026-11-27 08:50:42.43+00:00");
  });

  it("show everything else as it is", () => {
    expect(spoken("rows", 12, "")).toBe("12");
    expect(spoken("cameras", ["a", "b"], "")).toBe("a, b");
    expect(spoken("sites", [], "")).toBe("all");
    expect(spoken("cameras", [], "")).toBe("none");
    expect(spoken("room", null, "")).toBe("null");
    expect(spoken("origin", { room_id: "gym", ends_at: 0 }, "1970-01-01T00:00:00.00+00:00")).toBe(
      "room id gym, ends at 1970-01-01 00:00:00.00+00:00",
    );
  });
});
