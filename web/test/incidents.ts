/** Makes incidents for tests, with the given values and ordinary ones for the rest. */

import type { Incident, Trigger } from "../src/core/protocol.js";

export const trigger = (changes: Partial<Trigger> = {}): Trigger => ({
  trigger: "webhook",
  by: "Panic button 3",
  room: "room-204",
  room_name: "Room 204",
  note: "",
  at: 1000,
  alarm: true,
  nearest: [],
  ...changes,
});

export function incident(changes: Partial<Incident> = {}): Incident {
  const triggers = changes.triggers ?? [trigger()];
  const origin = triggers[0] ?? trigger();
  return {
    id: "i-1",
    site: "lincoln",
    site_name: "Lincoln",
    kind: "real",
    state: "open",
    origin,
    triggers,
    enrolled: [],
    confirmed: false,
    confirm_by_at: 1015,
    unconfirmed: false,
    threat: "",
    opened_at: 1000,
    ends_at: 15_400,
    alarms: 1,
    last_alarm_at: 1000,
    repeats: 0,
    warnings_sent: [],
    acknowledgements: [],
    closed_at: null,
    closed_by: null,
    nearest: [],
    ...changes,
  };
}
