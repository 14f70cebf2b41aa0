/** Decides what sounds on whose page, and the page's title. Pure. Times are the gateway's steady seconds since 1970. */

import type { Incident, IncidentKind, Principal } from "../protocol.js";

/** The order of kinds, the most serious first. */
export const GRAVITY: Readonly<Record<IncidentKind, number>> = { real: 0, drill: 1, test: 2 };

/** Presses on this page, by incident id: how many alarms the incident had at the time of the press. */
export type Pressed = ReadonlyMap<string, number>;

export interface Sounding {
  readonly kind: IncidentKind;
  /** True if nobody has acknowledged in time, so the sound is louder and faster. */
  readonly pressing: boolean;
}

/** Who is at the page. A school's page never makes a sound, because a sound could reveal where people are hiding. */
type Who = Pick<Principal, "id" | "police">;

/** Return the open incidents: the most serious kind first, then the newest alarm. */
export function openMostSeriousFirst(incidents: Iterable<Incident>): Incident[] {
  return [...incidents]
    .filter((incident) => incident.state === "open")
    .sort((a, b) => GRAVITY[a.kind] - GRAVITY[b.kind] || b.last_alarm_at - a.last_alarm_at);
}

/** Return true if this person has acknowledged the newest alarm. Acknowledging an earlier one does not count. */
export function acknowledgedBy(incident: Incident, id: string | undefined): boolean {
  return incident.acknowledgements.some((one) => one.principal === id && one.newest);
}

/** Return true if this person should acknowledge the newest alarm: they did not send it and have not acknowledged it. */
export function isAsked(incident: Incident, who: Pick<Principal, "id" | "name">): boolean {
  const own = incident.origin.trigger === "console" && incident.origin.by === who.name;
  return !own && !acknowledgedBy(incident, who.id);
}

/** Return true if the police should have acknowledged by now and have not. */
export const overdue = (incident: Incident, now: number): boolean =>
  incident.state === "open" && !incident.confirmed && (incident.unconfirmed || now >= incident.confirm_by_at);

/** Return true while this page must sound the alarm: until any police officer or this page's user acknowledges it. */
export function unheard(incident: Incident, who: Who, pressed: Pressed): boolean {
  if (!who.police || incident.state !== "open" || incident.confirmed) return false;
  return pressed.get(incident.id) !== incident.alarms && !acknowledgedBy(incident, who.id);
}

/** Return the one sound that a page plays: that of the most serious unheard kind, louder and faster if any alarm of that
 *  kind is overdue. */
export function sounding(incidents: Iterable<Incident>, who: Who | null, pressed: Pressed, now: number): Sounding | null {
  const waiting = who ? openMostSeriousFirst(incidents).filter((incident) => unheard(incident, who, pressed)) : [];
  const kind = waiting[0]?.kind;
  if (kind === undefined) return null;
  return { kind, pressing: waiting.some((incident) => incident.kind === kind && overdue(incident, now)) };
}

const WORDS: Readonly<Record<IncidentKind, string>> = { real: "REAL", drill: "DRILL", test: "TEST" };

/** Return the page's title: the kind and the school, or the number of alarms. `beat` alternates every second while the
 *  alarm sounds. */
export function title(incidents: Iterable<Incident>, sounds: Sounding | null, beat: boolean): string {
  const open = openMostSeriousFirst(incidents);
  const [first] = open;
  if (!first) return "Sightline";
  const rest = open.length > 1 ? `${open.length} alarms` : first.site_name;
  const sign = sounds === null ? "" : beat ? "\u25cf " : "\u25cb ";
  return `${sign}${WORDS[first.kind]} \u00b7 ${rest} \u00b7 Sightline`;
}

const SHAPES: Readonly<Record<IncidentKind, readonly [shape: string, colour: string]>> = {
  real: ["M20 2h24l18 18v24L44 62H20L2 44V20Z", "#a3080d"],
  drill: ["M32 2 62 60H2Z", "#0b57a4"],
  test: ["M2 2h60v60H2Z", "#3a424a"],
};

/** Return the page's icon as SVG. Its shape shows the kind and its digit the number of open incidents. On every other
 *  beat it is only an outline. */
export function favicon(incidents: Iterable<Incident>, sounds: Sounding | null, beat: boolean): string {
  const open = openMostSeriousFirst(incidents);
  const [first] = open;
  const [shape, colour] = first ? SHAPES[first.kind] : ["M8 16h32v32H8ZM42 26l16-8v28l-16-8Z", "#0b57a4"];
  const outlined = sounds !== null && beat;
  const y = first?.kind === "drill" ? 54 : 46;
  const digit = first
    ? `<text x="32" y="${y}" font-family="sans-serif" font-size="38" font-weight="800" text-anchor="middle" fill="${outlined ? colour : "#fff"}">${open.length}</text>`
    : "";
  const body = `<path d="${shape}" fill="${outlined ? "#fff" : colour}" stroke="${colour}" stroke-width="4"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">${body}${digit}</svg>`;
}
