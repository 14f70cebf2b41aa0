/** What the service worker keeps of the page, and which requests it answers. Pure. */

export type Kind = "document" | "asset" | "other";

/**
 * How a request is answered. Only the page's own document and its built parts are ever kept: everything else, such as
 * what is asked of the API, of WHEP or of panic buttons' hooks, is `other` and goes to the network untouched.
 */
export function kindOf(request: { url: string; method: string; mode: string }, origin: string): Kind {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== origin) return "other";
  if (request.mode === "navigate") return url.pathname === "/" ? "document" : "other";
  return /^\/assets\/[^/]+$/.test(url.pathname) ? "asset" : "other";
}

/** The parts that a document of ours names, such as `/assets/index-abc.js`; null where it is not ours, but a guest network's. */
export function partsOf(document: string): string[] | null {
  if (!document.includes("<sl-app>")) return null;
  return [...new Set([...document.matchAll(/(?:src|href)="(\/assets\/[^"/]+)"/g)].map(([, path]) => path ?? ""))];
}
