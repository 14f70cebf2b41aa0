/** Makes the browser keep this page for use without a network (web/src/worker.ts). */

/** Only secure contexts have service workers. Over plain HTTP from another host the page works without one. */
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/worker.js", { updateViaCache: "none" }).catch(() => {
    // In a private window, or if storage is full, the page is not kept but still works.
  });
}

export {};
