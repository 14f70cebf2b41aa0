/** Reports the state and age of every tile to the gateway every five seconds, for its histogram of glass ages. */

const EVERY = 5000;

export interface GlassAge {
  session: string;
  state: string;
  age: number | null;
}

const reporters = new Set<() => GlassAge | null>();

/** Add a tile's report. Returns a function that removes it. */
export function report(tile: () => GlassAge | null): () => void {
  reporters.add(tile);
  return () => reporters.delete(tile);
}

/** Pass the reports of all tiles to `send` for as long as the page lives. */
export function tell(send: (message: { type: "glass"; ages: GlassAge[] }) => void): void {
  setInterval(() => {
    if (document.visibilityState !== "visible") return;
    const ages = [...reporters].map((tile) => tile()).filter((age) => age !== null);
    if (ages.length > 0) send({ type: "glass", ages });
  }, EVERY);
}
