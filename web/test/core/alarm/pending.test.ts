import { describe, expect, it } from "vitest";

import {
  ASK_AFTER,
  advance,
  begin,
  bodyOf,
  isInterrupted,
  revive,
  unsent,
  type Pending,
  type PendingEvent,
  type Press,
} from "../../../src/core/alarm/pending.js";

export const PRESS: Press = {
  key: "a-key",
  site: "lincoln",
  site_name: "Lincoln",
  kind: "real",
  room: "lincoln-room-204",
  room_name: "204 Chemistry",
  enrolled: [],
  by: { id: "coordinator-1", name: "School coordinator 1" },
  at: 1000,
};

/** Apply events to a press. */
function after(...events: PendingEvent[]): Pending | null {
  let pending: Pending | null = begin(PRESS);
  for (const event of events) pending = pending && advance(pending, event);
  return pending;
}

const ATTEMPT: PendingEvent = { type: "attempt", at: 1010 };

describe("a trigger on its way", () => {
  it("is tried until the gateway has it", () => {
    expect(after(ATTEMPT, { type: "unanswered" })?.state).toBe("waiting");
    expect(after(ATTEMPT, { type: "unanswered" }, ATTEMPT)).toMatchObject({ state: "sending", attempts: 2 });
    expect(after(ATTEMPT, { type: "unanswered" }, ATTEMPT, { type: "answered" })).toBeNull();
  });

  it("is not sent after it is cancelled, whatever happens next", () => {
    const off = after(ATTEMPT, { type: "unanswered" }, { type: "call_off" });
    expect(off?.state).toBe("called_off");
    for (const late of [ATTEMPT, { type: "unanswered" }, { type: "send_now", at: 1 }] as const) {
      expect(off && advance(off, late)).toBe(off);
    }
  });

  it("keeps a refusal and its words until somebody has read them", () => {
    const refused = after(ATTEMPT, { type: "refused", words: "A real incident is open." });
    expect(refused).toMatchObject({ state: "refused", words: "A real incident is open." });
    expect(unsent(refused)).toBe(false);
    expect(refused && advance(refused, { type: "put_away" })).toBeNull();
  });

  it("if the page asks first, is sent only after a person answers", () => {
    const asking = after(ATTEMPT, { type: "interrupted" });
    expect(asking && advance(asking, ATTEMPT)).toBe(asking);
    expect(asking && advance(asking, { type: "send_now", at: 5000 })).toMatchObject({ state: "waiting", tried_at: 5000 });
  });

  it("has the same key in every attempt, and says when it is late", () => {
    const pending = begin(PRESS);
    expect(bodyOf(pending, 1003)).toEqual({ site: "lincoln", kind: "real", key: "a-key", room: "lincoln-room-204" });
    expect(bodyOf(pending, 1400)).toMatchObject({ key: "a-key", note: "Sent 7 min after it was pressed: there was no network." });
  });
});

describe("a page that is loaded again", () => {
  const kept = (pending: Pending | null): string => JSON.stringify(pending);

  it("continues with a trigger that was tried a moment ago, however old the press is", () => {
    const tried = { ...begin(PRESS), state: "sending", attempts: 400, tried_at: 3000 } as const;
    expect(revive(kept(tried), 3060)).toMatchObject({ state: "waiting", attempts: 400 });
  });

  it("asks about a trigger that nobody has tried for minutes, instead of sounding an old alarm", () => {
    expect(revive(kept(after(ATTEMPT)), 1010 + ASK_AFTER + 1)?.state).toBe("asking");
  });

  it("asks if the clock went back, because it cannot tell how much time has passed", () => {
    expect(isInterrupted(begin(PRESS), 900)).toBe(true);
  });

  it("keeps a refused or cancelled trigger as it was", () => {
    expect(revive(kept(after({ type: "call_off" })), 9_000_000)?.state).toBe("called_off");
  });

  it("ignores stored text that is not a trigger", () => {
    for (const text of [null, "", "null", "{", "[]", '{"state":"waiting"}', '{"state":"nonsense","press":{}}', "7"]) {
      expect(revive(text, 1000)).toBeNull();
    }
  });
});

describe("an alarm that sounds but is not on any disk", () => {
  it("is sent again and says so, even if the network then fails", () => {
    const told = after(ATTEMPT, { type: "unanswered", words: "The alarm sounds.", sounds: true });
    expect(told).toMatchObject({ state: "waiting", words: "The alarm sounds.", sounds: true });
    expect(told && advance(told, ATTEMPT)).toMatchObject({ state: "sending", sounds: true });
    expect(after(ATTEMPT, { type: "unanswered", sounds: true }, ATTEMPT, { type: "unanswered" })?.sounds).toBe(true);
  });
});
