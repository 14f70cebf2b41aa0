/**
 * The incidents that a page knows, from two sources that may overtake each other: the event channel and the answers to
 * its own requests. Pure.
 *
 * The channel reports every change in order. An answer is at least as new as the channel's last report before the
 * request, but may be older than any later report. An incident that has ended must not open again on the page.
 */

import type { Incident } from "../protocol.js";

/** How many reports the channel had sent when a request was sent. */
export type Mark = number;

export class KnownIncidents {
  readonly #incidents = new Map<string, Incident>();
  #told: Mark = 0;
  /** When the channel last sent a snapshot, and when it last reported each incident. */
  #all: Mark = 0;
  readonly #each = new Map<string, Mark>();

  get(id: string): Incident | undefined {
    return this.#incidents.get(id);
  }

  all(): Incident[] {
    return [...this.#incidents.values()];
  }

  /** Store one incident that the channel has reported. */
  told(incident: Incident): void {
    this.#incidents.set(incident.id, incident);
    this.#each.set(incident.id, ++this.#told);
  }

  /** Store all incidents, as the channel has reported them. */
  snapshot(incidents: readonly Incident[]): void {
    this.#incidents.clear();
    this.#each.clear();
    this.#all = ++this.#told;
    for (const incident of incidents) this.#incidents.set(incident.id, incident);
  }

  /** Take a mark before sending a request, and pass it to `answered` with the answer. */
  mark(): Mark {
    return this.#told;
  }

  /** Store an incident from the answer to a request, unless the channel has reported that incident since. */
  answered(incident: Incident, since: Mark): void {
    const told = Math.max(this.#all, this.#each.get(incident.id) ?? 0);
    if (told <= since) this.#incidents.set(incident.id, incident);
  }
}
