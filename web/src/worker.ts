/**
 * The service worker. It keeps the page's document and built parts, so that a page that is loaded without a network still
 * says what to do and keeps sending a trigger. It keeps no data: no picture, no state, no answer from the API.
 */

import { kindOf, partsOf } from "./core/shell.js";

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
/** The part of the worker API that we use. TypeScript's library for workers cannot be loaded beside the one for pages. */
interface Scope {
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
}
const scope = self as unknown as Scope;

/** Rename this when the kind of content changes: `activate` removes all other caches. */
const CACHE = "sightline-shell-1";
const DOCUMENT = "/";
/** If the document takes longer than this (milliseconds), show the stored one: a page that loads slowly helps nobody. */
const DOCUMENT_WITHIN = 3000;
/** Find a stored answer regardless of its compression. */
const ANY = { ignoreVary: true };

/**
 * Keep a document with its parts. The parts are stored first, so that no document is kept without them. The parts of the
 * previous document stay for pages that are loading with it; older ones are removed. Raises TypeError if the network
 * fails; everything that was kept before is then left as it was.
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

/**
 * Return the gateway's document if it arrives in time, so that a new release is never hidden; otherwise the stored one.
 */
async function document(event: FetchEvent): Promise<Response> {
  const asked = fetch(event.request);
  event.waitUntil(asked.then((response) => keep(response.clone())).catch(() => undefined));
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), DOCUMENT_WITHIN));
  // If the gateway is down, a proxy in front of it may answer with an error page that tells nobody what to do.
  const fresh = await Promise.race([asked, late]).catch(() => null);
  if (fresh !== null && fresh.status < 500 && fresh.status !== 429) return fresh;
  return (await kept(DOCUMENT)) ?? asked;
}

/** Return a part. Its name contains a digest of its content, so a stored part is always right. */
async function part(request: Request): Promise<Response> {
  return (await kept(new URL(request.url).pathname)) ?? fetch(request);
}

async function removeOthers(): Promise<void> {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
}

scope.addEventListener("install", (event) => {
  // No page depends on which worker serves it, so a new one need not wait until all pages are closed.
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
