/** Where an incident was triggered, place by place. Pure. */

import type { Incident, Trigger } from "./protocol.js";

/** One room from which somebody pressed, a place that the plan does not know, or the school where none was told. */
export interface Place {
  readonly key: string;
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

/** The same for all triggers of one place. */
export const placeKey = ({ room, room_name }: Pick<Trigger, "room" | "room_name">): string => room ?? room_name ?? "";

/** The places of an incident; that of the newest alarm first, then the others, the newest first. */
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

/** Cameras near any trigger, those of the newest alarm first. */
export const nearAny = (incident: Incident): string[] => [
  ...new Set([...incident.nearest, ...incident.triggers.flatMap((one) => one.nearest)]),
];
