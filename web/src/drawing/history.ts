/** Undo and redo: the states of the document since it was loaded. Pure. */

import type { PlanDocument } from "./document.js";

const MOST = 500;

export interface History {
  readonly past: readonly PlanDocument[];
  readonly present: PlanDocument;
  readonly future: readonly PlanDocument[];
  /** What the last change was about. Consecutive changes to the same thing, such as typing a name, are undone together. */
  readonly about: string;
}

export const begin = (present: PlanDocument): History => ({ past: [], present, future: [], about: "" });

/** Add a state. With `about`, it replaces the previous state if that was about the same thing. */
export function change(history: History, present: PlanDocument, about = ""): History {
  if (present === history.present) return history;
  const same = about !== "" && about === history.about;
  return { past: same ? history.past : [...history.past, history.present].slice(-MOST), present, future: [], about };
}

export function undo(history: History): History {
  const before = history.past.at(-1);
  if (!before) return history;
  return { past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future], about: "" };
}

export function redo(history: History): History {
  const [after, ...future] = history.future;
  if (!after) return history;
  return { past: [...history.past, history.present], present: after, future, about: "" };
}
