/** What the coordinator has chosen for the next trigger. A form that nobody touches goes back to REAL. Pure. */

import type { IncidentKind } from "./protocol.js";

export interface Form {
  kind: IncidentKind;
  /** Room id; "" where none is chosen. */
  room: string;
  /** Whom a drill enrols. */
  enrolled: ReadonlySet<string>;
  /** Page time (seconds) of the last touch. */
  touchedAt: number;
}

/** After so long without a touch (seconds) a choice is forgotten: the next hold may be somebody else's, in need. */
export const FORGOTTEN_AFTER = 120;

export const blank = (now: number): Form => ({ kind: "real", room: "", enrolled: new Set(), touchedAt: now });

export const isBlank = (form: Form): boolean => form.kind === "real" && form.room === "" && form.enrolled.size === 0;

/** The form as it stands at `now`: the same one, or a blank one. */
export function current(form: Form, now: number): Form {
  return !isBlank(form) && now - form.touchedAt >= FORGOTTEN_AFTER ? blank(now) : form;
}

export function toggled(form: Form, person: string): Form {
  const enrolled = new Set(form.enrolled);
  if (!enrolled.delete(person)) enrolled.add(person);
  return { ...form, enrolled };
}
