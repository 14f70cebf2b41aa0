/** Tells the gateway every five seconds what the tiles say: state and age, for its histogram of glass ages. */

import { store } from "../app/store.js";

const EVERY = 5000;

export interface GlassAge {
  session: string;
  state: string;
  age: number | null;
}

const reporters = new Set<() => GlassAge | null>();

/** Add a tile's account. Returns what ends it. */
export function report(tile: () => GlassAge | null): () => void {
  reporters.add(tile);
  return () => reporters.delete(tile);
}

setInterval(() => {
  if (document.visibilityState !== "visible") return;
  const ages = [...reporters].map((tile) => tile()).filter((age) => age !== null);
  if (ages.length > 0) store.channel.send({ type: "glass", ages });
}, EVERY);
