/** Words that more than one component shows. Pure. */

import type { Role } from "./protocol.js";

export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  dispatcher: "Dispatcher",
  headquarters: "Headquarters",
  patrol: "Patrol",
  coordinator: "School coordinator",
  district_it: "District IT",
  auditor: "Auditor",
};

const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");

/** Return a duration such as `00:17`, or `1:02:05` for an hour or more. */
export function counter(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const rest = `${two((whole % 3600) / 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** Return a rough duration for tables and countdowns, such as `4 min` or `2 h 05 min`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** Return a wall time as the time of day on this device, such as `14:03:21`. */
export function timeOfDay(at: number): string {
  const date = new Date(at * 1000);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Say that the gateway's clock was set by `by` seconds at this time of day. */
export function clockStep(by: number, timeOfDay: string): string {
  const way = by < 0 ? "back" : "forward";
  return `The gateway\u2019s clock was set ${way} by ${span(Math.abs(by))} at ${timeOfDay}. Do not compare times noted before with times noted after.`;
}
