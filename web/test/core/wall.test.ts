import { describe, expect, it } from "vitest";

import { mayView, whyNone } from "../../src/core/may-view.js";
import { nearAny, places } from "../../src/core/alarm/places.js";
import type { Camera, Principal } from "../../src/core/protocol.js";
import * as wall from "../../src/core/wall.js";
import { incident, trigger } from "../incidents.js";

const all = (): boolean => true;
const cameras = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `c${from + i}`);

describe("the wall", () => {
  it("a camera that is opened while another is enlarged is shown", () => {
    const large = wall.enlarge(wall.open(wall.EMPTY, ["a"]), "a");
    const after = wall.open(large, ["b"]);
    expect(after.open).toEqual(["a", "b"]);
    expect(after.large).toBeNull();
  });

  it("an alarm opens its nearest cameras once; a camera closed by hand stays closed until the next alarm", () => {
    const first = incident({ nearest: ["a", "b"] });
    let now = wall.alarmed(wall.EMPTY, first, all);
    now = wall.alarmed(wall.close(now, "a"), first, all);
    expect(now.open).toEqual(["b"]);
    expect(wall.alarmed(now, { ...first, alarms: 2 }, all).open).toEqual(["a", "b"]);
  });

  it("ten alarms in ten rooms do not cover the wall with tiles that nobody asked for", () => {
    let now = wall.open(wall.EMPTY, ["mine"]);
    for (let alarms = 1; alarms <= 10; alarms += 1) {
      now = wall.alarmed(now, incident({ alarms, nearest: cameras(alarms * 4, alarms * 4 + 4) }), all);
    }
    expect(now.open).toHaveLength(wall.MOST);
    expect(now.open.slice(0, 4)).toEqual(cameras(40, 44));
    expect(now.open).toContain("mine");
  });

  it("a drill opens no black tiles for police who are not enrolled, and opens tiles on enrolment", () => {
    const drill = incident({ kind: "drill", nearest: ["a"] });
    const quiet = wall.alarmed(wall.EMPTY, drill, () => false);
    expect(quiet.open).toEqual([]);
    expect(wall.alarmed(quiet, drill, all).open).toEqual(["a"]);
  });
});

describe("what may be seen", () => {
  const camera = (standing: boolean): Camera => ({ id: "a", site: "lincoln", standing }) as Camera;
  const who = (role: Principal["role"]): Principal => ({
    id: "p-1",
    name: "P",
    role,
    site_ids: [],
    police: role === "patrol",
    sees_pictures: true,
  });
  const patrol = who("patrol");

  it.each([
    ["nothing open", [], false],
    ["a real one", [incident()], true],
    ["a real one at another school", [incident({ site: "oak" })], false],
    ["a drill without me", [incident({ kind: "drill", enrolled: ["p-2"] })], false],
    ["a drill with me", [incident({ kind: "drill", enrolled: ["p-1"] })], true],
    ["a test", [incident({ kind: "test", enrolled: ["p-1"] })], false],
    ["a real one that is over", [incident({ state: "all_clear" })], false],
  ])("by a patrol car: %s", (_, open, expected) => {
    expect(mayView(camera(false), open, patrol)).toBe(expected);
    expect(mayView(camera(true), open, patrol)).toBe(true);
  });

  it("says why a drill or a test opens nothing", () => {
    expect(whyNone(incident({ kind: "drill" }), patrol)).toContain("not enrolled");
    expect(whyNone(incident({ kind: "drill", enrolled: ["p-1"] }), patrol)).toBe("");
    expect(whyNone(incident({ kind: "test" }), patrol)).not.toBe("");
    expect(whyNone(incident(), patrol)).toBe("");
    expect(whyNone(incident({ kind: "drill" }), who("coordinator"))).toBe("");
  });
});

describe("the places of an incident", () => {
  const at = (room: string | null, time: number, alarm = true): ReturnType<typeof trigger> =>
    trigger({ room, room_name: room, at: time, alarm, nearest: room ? [`near-${room}`] : [] });

  it("keep the number of their first trigger; the place of the newest alarm comes first", () => {
    const found = places(incident({ triggers: [at("204", 30, false), at("107", 20), at("204", 10)] }));
    expect(found.map(({ room, number, newest, triggers }) => [room, number, newest, triggers])).toEqual([
      ["107", 2, true, 1],
      ["204", 1, false, 2],
    ]);
  });

  it("include the school itself if no room was given", () => {
    expect(places(incident({ triggers: [at(null, 20, false), at("204", 10)] })).map(({ name }) => name)).toEqual([
      "204",
      "Room not given",
    ]);
  });

  it("distinguish rooms that are not on the plan", () => {
    const pool = trigger({ room: null, room_name: "pool (not on the plan)", at: 20 });
    const one = incident({ triggers: [pool, at(null, 10)] });
    expect(places(one).map(({ room, name, newest }) => [room, name, newest])).toEqual([
      [null, "pool (not on the plan)", true],
      [null, "Room not given", false],
    ]);
  });

  it("offer the cameras of every place, those of the newest alarm first", () => {
    const one = incident({ triggers: [at("107", 20), at("204", 10)], nearest: ["near-107"] });
    expect(nearAny(one)).toEqual(["near-107", "near-204"]);
  });
});
