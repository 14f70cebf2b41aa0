/**
 * The service worker: keeps the page's document and built parts, so that a page that is loaded without a network still
 * says what to do, and goes on with a trigger that waits. It keeps no data: no picture, no state, no answer of the API.
 */

import { kindOf, partsOf } from "./core/shell.js";

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
/** TypeScript's library for workers cannot stand beside the one for pages: this is what we use of it. */
interface Scope {
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
}
const scope = self as unknown as Scope;

/** Rename it when what is kept changes in kind: `activate` removes all others. */
const CACHE = "sightline-shell-1";
const DOCUMENT = "/";
/** A document that takes longer (milliseconds) is shown as it was kept; a page that loads slowly helps nobody. */
const DOCUMENT_WITHIN = 3000;
/** However it was packed for the way. */
const ANY = { ignoreVary: true };

/**
 * Keep a document with its parts. The document comes after its parts, so that none is kept without them. The parts of the
 * document before it stay, for pages that are being loaded with it; older ones go. Raises TypeError where the network
 * fails: then what was kept before stays whole.
 */
async function keep(response: Response): Promise<void> {
  if (!response.ok || response.redirected) return;
  const parts = partsOf(await response.clone().text());
  if (parts === null) return;
  const cache = await caches.open(CACHE);
  const before = await cache.match(DOCUMENT, ANY);
  for (const part of parts) {
    if (!(await cache.match(part, ANY))) await cache.add(part);
  }
  const wanted = new Set([DOCUMENT, ...parts, ...((before && partsOf(await before.text())) ?? [])]);
  await cache.put(DOCUMENT, response);
  for (const { url } of await cache.keys()) {
    const { pathname } = new URL(url);
    if (!wanted.has(pathname)) await cache.delete(pathname, ANY);
  }
}

const kept = async (path: string): Promise<Response | undefined> =>
  (await caches.open(CACHE)).match(path, ANY);

/** The gateway's own document if it comes in time, so that a new release is never hidden; else the one that was kept. */
async function document(event: FetchEvent): Promise<Response> {
  const asked = fetch(event.request);
  event.waitUntil(asked.then((response) => keep(response.clone())).catch(() => undefined));
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), DOCUMENT_WITHIN));
  // A gateway that is away may have a proxy before it, whose error page tells nobody what to do.
  const fresh = await Promise.race([asked, late]).catch(() => null);
  if (fresh !== null && fresh.status < 500 && fresh.status !== 429) return fresh;
  return (await kept(DOCUMENT)) ?? asked;
}

/** The name of a part holds a digest of what is in it: what was kept is right for good. */
async function part(request: Request): Promise<Response> {
  return (await kept(new URL(request.url).pathname)) ?? fetch(request);
}

async function removeOthers(): Promise<void> {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
}

scope.addEventListener("install", (event) => {
  // No page depends on which worker serves it: a new one need not wait until all are closed.
  void scope.skipWaiting();
  event.waitUntil(fetch(DOCUMENT, { cache: "no-cache" }).then(keep));
});
scope.addEventListener("activate", (event) => event.waitUntil(removeOthers()));
scope.addEventListener("fetch", (event) => {
  switch (kindOf(event.request, location.origin)) {
    case "document":
      event.respondWith(document(event));
      break;
    case "asset":
      event.respondWith(part(event.request));
      break;
    case "other":
      break;
  }
});
