/** Has the browser keep this page for when there is no network (web/src/worker.ts). */

/** Only secure contexts have it: over plain HTTP on another host the page works as it does without. */
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/worker.js", { updateViaCache: "none" }).catch(() => {
    // A private window, or storage that is full: this page is not kept, and works.
  });
}

export {};
