/** The coordinator's choices for the next trigger. If nobody touches the form, it goes back to REAL. Pure. */

import type { IncidentKind } from "../protocol.js";

export interface Form {
  kind: IncidentKind;
  /** Room id; "" if none is chosen. */
  room: string;
  /** The people enrolled in a drill. */
  enrolled: ReadonlySet<string>;
  /** Page time (seconds) of the last touch. */
  touchedAt: number;
}

/** Reset the choices after this long without a touch (seconds): the next person who holds the button may be in danger. */
export const FORGOTTEN_AFTER = 120;

export const blank = (now: number): Form => ({ kind: "real", room: "", enrolled: new Set(), touchedAt: now });

export const isBlank = (form: Form): boolean => form.kind === "real" && form.room === "" && form.enrolled.size === 0;

/** Return the form as it is at `now`: unchanged, or blank if nobody has touched it for too long. */
export function current(form: Form, now: number): Form {
  return !isBlank(form) && now - form.touchedAt >= FORGOTTEN_AFTER ? blank(now) : form;
}

export function toggled(form: Form, person: string): Form {
  const enrolled = new Set(form.enrolled);
  if (!enrolled.delete(person)) enrolled.add(person);
  return { ...form, enrolled };
}
