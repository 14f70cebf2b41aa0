/** Where an incident was triggered, place by place. Pure. */

import type { Incident, Trigger } from "./protocol.js";

/** One room from which somebody pressed, or the school where no room was told. */
export interface Place {
  /** 1 is the place that was first; what is said on the radio stays true when another is added. */
  readonly number: number;
  readonly room: string | null;
  readonly name: string;
  /** Its newest trigger. */
  readonly at: number;
  readonly triggers: number;
  /** True for the place of the newest alarm. */
  readonly newest: boolean;
}

export const UNKNOWN_ROOM = "Room not told";

/** The places of an incident; that of the newest alarm first, then the others, the newest first. */
export function places(incident: Incident): Place[] {
  const rooms = new Map<string | null, Trigger[]>();
  for (const one of [...incident.triggers].sort((a, b) => a.at - b.at)) {
    rooms.set(one.room, [...(rooms.get(one.room) ?? []), one]);
  }
  const newest = incident.triggers.find((one) => one.alarm) ?? incident.triggers[0];
  const found = [...rooms.values()].map((triggers, index): Place => {
    const last = triggers.at(-1) as Trigger;
    const name = last.room_name ?? UNKNOWN_ROOM;
    return { number: index + 1, room: last.room, name, at: last.at, triggers: triggers.length, newest: last.room === newest?.room };
  });
  return found.sort((a, b) => Number(b.newest) - Number(a.newest) || b.at - a.at);
}

/** Cameras near any trigger, those of the newest alarm first. */
export const nearAny = (incident: Incident): string[] => [
  ...new Set([...incident.nearest, ...incident.triggers.flatMap((one) => one.nearest)]),
];
