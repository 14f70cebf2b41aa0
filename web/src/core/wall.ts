/** Decides which cameras are on the wall. Pure. */

import type { Incident } from "./protocol.js";

export interface Wall {
  readonly open: readonly string[];
  /** The camera that is shown alone; always one of `open`. */
  readonly large: string | null;
  /** Cameras that an alarm opened and that nobody has pressed since. */
  readonly byItself: ReadonlySet<string>;
  /** Alarms whose cameras have been opened, so that a camera closed by hand stays closed. */
  readonly opened: ReadonlyMap<string, string>;
}

export const EMPTY: Wall = { open: [], large: null, byItself: new Set(), opened: new Map() };

/**
 * Alarms open at most this many tiles. The newest alarm's tiles stay. Of the other tiles that nobody asked for, the
 * oldest are closed.
 */
export const MOST = 12;

const unique = (ids: readonly string[]): string[] => [...new Set(ids)];

/** Open cameras after a press. This shows all tiles, so that none opens behind an enlarged one. */
export function open(wall: Wall, ids: readonly string[]): Wall {
  const byItself = new Set([...wall.byItself].filter((id) => !ids.includes(id)));
  return { ...wall, open: unique([...wall.open, ...ids]), large: null, byItself };
}

export function close(wall: Wall, id: string): Wall {
  const byItself = new Set([...wall.byItself].filter((one) => one !== id));
  const large = wall.large === id ? null : wall.large;
  return { ...wall, open: wall.open.filter((one) => one !== id), large, byItself };
}

export const toggle = (wall: Wall, id: string): Wall => (wall.open.includes(id) ? close(wall, id) : open(wall, [id]));

/** Show one camera alone, or show all again. */
export const enlarge = (wall: Wall, id: string): Wall => ({ ...wall, large: wall.large === id ? null : id });

/** Open those cameras near a new alarm that this person may see. Call this again once they are enrolled in a drill. */
export function alarmed(wall: Wall, incident: Incident, mayView: (id: string) => boolean): Wall {
  const near = incident.nearest.filter(mayView);
  const key = `${incident.alarms} ${near.length > 0}`;
  if (wall.opened.get(incident.id) === key) return wall;
  const opened = new Map([...wall.opened, [incident.id, key]]);
  const byItself = new Set([...wall.byItself, ...near.filter((id) => !wall.open.includes(id))]);
  const all = unique([...near, ...wall.open]);
  const spare = all.filter((id) => byItself.has(id) && !near.includes(id)).reverse();
  const gone = new Set(spare.slice(0, Math.max(0, all.length - MOST)));
  const large = wall.large !== null && near.includes(wall.large) ? wall.large : near.length > 0 ? null : wall.large;
  return {
    open: all.filter((id) => !gone.has(id)),
    large: large !== null && gone.has(large) ? null : large,
    byItself: new Set([...byItself].filter((id) => !gone.has(id))),
    opened,
  };
}
