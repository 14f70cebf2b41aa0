/** Chooses the school that a page shows: the one of the newest alarm, until somebody chooses another. Pure. */

import { GRAVITY, openMostSeriousFirst } from "./alarms.js";
import type { Incident } from "../protocol.js";

export interface Focus {
  /** The school shown; null if nothing has happened yet. */
  readonly site: string | null;
  /** The school that the page showed before an alarm moved it; null if none. */
  readonly back: string | null;
  readonly byHand: boolean;
  /** Open incidents that the page has followed: id to the number of alarms. */
  readonly followed: ReadonlyMap<string, number>;
}

export const NOWHERE: Focus = { site: null, back: null, byHand: false, followed: new Map() };

export const choose = (focus: Focus, site: string): Focus => ({ ...focus, site, back: null, byHand: true });

/** Go to the school of a new alarm unless this page shows a more serious one. From a school without an incident, go to one
 *  that has an incident. */
export function follow(focus: Focus, incidents: Iterable<Incident>): Focus {
  const open = openMostSeriousFirst(incidents);
  const fresh = open.find((one) => focus.followed.get(one.id) !== one.alarms);
  const followed = new Map(open.map((one) => [one.id, one.alarms]));
  const here = open.find((one) => one.site === focus.site);
  if (fresh && (!here || GRAVITY[fresh.kind] <= GRAVITY[here.kind])) {
    if (fresh.site === focus.site) return { ...focus, followed };
    const back = focus.byHand || here ? focus.site : null;
    return { site: fresh.site, back: back ?? (focus.back === fresh.site ? null : focus.back), byHand: false, followed };
  }
  const [other] = open;
  if (!here && !focus.byHand && other) return { site: other.site, back: null, byHand: false, followed };
  return { ...focus, followed };
}
