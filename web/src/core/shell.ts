/** Decides which parts of the page the service worker keeps, and which requests it answers. Pure. */

export type Kind = "document" | "asset" | "other";

/**
 * Sort a request. Only the page's own document and its built parts are ever kept. Everything else, such as requests to
 * the API, WHEP or panic buttons' hooks, is `other` and goes to the network unchanged.
 */
export function kindOf(request: { url: string; method: string; mode: string }, origin: string): Kind {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== origin) return "other";
  if (request.mode === "navigate") return url.pathname === "/" ? "document" : "other";
  return /^\/assets\/[^/]+$/.test(url.pathname) ? "asset" : "other";
}

/** Return the parts that our document names, such as `/assets/index-abc.js`. Return null if the document is not ours but
 *  a guest network's. */
export function partsOf(document: string): string[] | null {
  if (!document.includes("<sl-app>")) return null;
  return [...new Set([...document.matchAll(/(?:src|href)="(\/assets\/[^"/]+)"/g)].map(([, path]) => path ?? ""))];
}
