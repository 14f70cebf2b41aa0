import { describe, expect, it } from "vitest";

import { KnownIncidents } from "../../../src/core/alarm/known-incidents.js";
import { incident } from "../../incidents.js";

const open = incident();
const ended = incident({ state: "all_clear", closed_at: 1100 });
const seen = incident({ confirmed: true });

describe("the incidents that a page knows", () => {
  it("do not open again when the answer to an acknowledgement arrives after the all clear", () => {
    const known = new KnownIncidents();
    known.told(open);
    const since = known.mark();
    known.told(seen);
    known.told(ended);
    known.answered(seen, since);
    expect(known.all()).toEqual([ended]);
  });

  it("are not brought back by an answer once they are missing from a snapshot", () => {
    const known = new KnownIncidents();
    known.told(open);
    const since = known.mark();
    known.snapshot([]);
    known.answered(seen, since);
    expect(known.all()).toEqual([]);
  });

  it("are known from an answer before the channel reports them, or without a channel", () => {
    const known = new KnownIncidents();
    known.answered(open, known.mark());
    expect(known.get(open.id)).toBe(open);
    const since = known.mark();
    known.told(incident({ id: "i-2" }));
    known.answered(seen, since);
    expect(known.get(open.id)).toBe(seen);
  });
});
