/** The school that a page shows, with its plan. Pages that watch follow a new alarm (`core/alarm/focus.ts`). A page that sends
 *  alarms never moves by itself, so that a hold never ends at a different school from the one where it began. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

import { NOWHERE, choose, follow, type Focus } from "../core/alarm/focus.js";
import { nearAny } from "../core/alarm/places.js";
import type { Camera, Incident, Plan, Site } from "../core/protocol.js";
import { store } from "./store.js";

export class SiteFocus implements ReactiveController {
  #focus: Focus = NOWHERE;
  #loading = "";

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly follows: boolean,
  ) {
    host.addController(this);
  }

  get site(): Site | undefined {
    const { site } = this.#now();
    return store.sites.find((one) => one.id === site) ?? store.sites[0];
  }

  /** The school that the page showed before the last alarm moved it. */
  get back(): Site | undefined {
    const { back } = this.#now();
    return store.sites.find((one) => one.id === back && one !== this.site);
  }

  get incident(): Incident | undefined {
    return this.site && store.open(this.site.id)[0];
  }

  /** The plan of `site` once it has arrived, never another school's. */
  get plan(): Plan | null {
    return store.plans.get(this.site?.id ?? "") ?? null;
  }

  /** The site's cameras, those nearest to an alarm first. */
  get cameras(): Camera[] {
    const near = this.incident ? nearAny(this.incident) : [];
    const rank = (camera: Camera): number => {
      const index = near.indexOf(camera.id);
      return index < 0 ? near.length : index;
    };
    return [...(this.site?.cameras ?? [])].sort((a, b) => rank(a) - rank(b));
  }

  choose(site: string): void {
    this.#focus = choose(this.#now(), site);
    this.host.requestUpdate();
  }

  hostUpdate(): void {
    const id = this.site?.id;
    if (id === undefined || this.plan !== null || this.#loading === id) return;
    this.#loading = id;
    void this.#load(id);
  }

  /** Update the focus and return it. Every call does so, because Lit reads it before telling controllers about an update. */
  #now(): Focus {
    const stays = !this.follows && this.#focus.site !== null;
    if (store.ready && !stays) this.#focus = follow(this.#focus, store.open());
    if (store.ready && !this.follows && this.#focus.site === null) {
      this.#focus = { ...this.#focus, site: store.sites[0]?.id ?? null };
    }
    return this.#focus;
  }

  async #load(id: string): Promise<void> {
    try {
      await store.plan(id);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
    if (this.#loading === id) this.#loading = "";
    this.host.requestUpdate();
  }
}
