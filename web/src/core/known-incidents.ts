/**
 * The incidents that a page knows, from two sources that may overtake each other: the event channel and the answers to
 * its own requests. Pure.
 *
 * The channel tells every change in order. An answer is at least as new as what the channel had told when its request
 * was sent, and may be older than anything told since: an incident that has ended must not open again on the page.
 */

import type { Incident } from "./protocol.js";

/** How much the channel had told when a request was sent. */
export type Mark = number;

export class KnownIncidents {
  readonly #incidents = new Map<string, Incident>();
  #told: Mark = 0;
  /** When the channel last told all there is, and when it last told of each incident. */
  #all: Mark = 0;
  readonly #each = new Map<string, Mark>();

  get(id: string): Incident | undefined {
    return this.#incidents.get(id);
  }

  all(): Incident[] {
    return [...this.#incidents.values()];
  }

  /** The channel tells of one. */
  told(incident: Incident): void {
    this.#incidents.set(incident.id, incident);
    this.#each.set(incident.id, ++this.#told);
  }

  /** The channel tells all there are. */
  snapshot(incidents: readonly Incident[]): void {
    this.#incidents.clear();
    this.#each.clear();
    this.#all = ++this.#told;
    for (const incident of incidents) this.#incidents.set(incident.id, incident);
  }

  /** To be taken before a request is sent, and handed in with its answer. */
  mark(): Mark {
    return this.#told;
  }

  /** An answer to a request. It counts unless the channel has told of this incident since the request. */
  answered(incident: Incident, since: Mark): void {
    const told = Math.max(this.#all, this.#each.get(incident.id) ?? 0);
    if (told <= since) this.#incidents.set(incident.id, incident);
  }
}
