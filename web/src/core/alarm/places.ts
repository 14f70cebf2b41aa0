/** The places where an incident was triggered. Pure. */

import type { Incident, Trigger } from "../protocol.js";

/** A room where somebody pressed, a place that is not on the plan, or the school if no place was named. */
export interface Place {
  readonly key: string;
  /** 1 is the first place. Numbers never change, so what was said on the radio stays true when a place is added. */
  readonly number: number;
  readonly room: string | null;
  readonly name: string;
  /** Time of its newest trigger. */
  readonly at: number;
  readonly triggers: number;
  /** True if the newest alarm came from here. */
  readonly newest: boolean;
}

export const UNKNOWN_ROOM = "Room not given";

/** Return a key that is the same for all triggers from one place. */
export const placeKey = ({ room, room_name }: Pick<Trigger, "room" | "room_name">): string => room ?? room_name ?? "";

/** Return the places of an incident: first the place of the newest alarm, then the others, newest first. */
export function places(incident: Incident): Place[] {
  const rooms = new Map<string, Trigger[]>();
  for (const one of [...incident.triggers].sort((a, b) => a.at - b.at)) {
    rooms.set(placeKey(one), [...(rooms.get(placeKey(one)) ?? []), one]);
  }
  const newest = incident.triggers.find((one) => one.alarm) ?? incident.triggers[0];
  const found = [...rooms].map(([key, triggers], index): Place => {
    const last = triggers.at(-1) as Trigger;
    const { room, room_name: name, at } = last;
    const isNewest = newest !== undefined && key === placeKey(newest);
    return { key, number: index + 1, room, name: name ?? UNKNOWN_ROOM, at, triggers: triggers.length, newest: isNewest };
  });
  return found.sort((a, b) => Number(b.newest) - Number(a.newest) || b.at - a.at);
}

/** Return the cameras near any trigger, those near the newest alarm first. */
export const nearAny = (incident: Incident): string[] => [
  ...new Set([...incident.nearest, ...incident.triggers.flatMap((one) => one.nearest)]),
];
