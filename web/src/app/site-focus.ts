/** Which school a page is about: the one with the gravest open incident, until somebody chooses another. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

import type { Camera, Incident, Plan, Site } from "../core/protocol.js";
import { store } from "./store.js";

export class SiteFocus implements ReactiveController {
  plan: Plan | null = null;
  #chosen: string | null = null;
  #loading = "";

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  get site(): Site | undefined {
    const alarmed = store.open()[0]?.site;
    const wanted = this.#chosen ?? alarmed;
    return store.sites.find((site) => site.id === wanted) ?? store.sites[0];
  }

  get incident(): Incident | undefined {
    return this.site && store.open(this.site.id)[0];
  }

  /** The site's cameras, those nearest to an alarm first. */
  get cameras(): Camera[] {
    const nearest = this.incident?.nearest ?? [];
    const rank = (camera: Camera): number => {
      const index = nearest.indexOf(camera.id);
      return index < 0 ? nearest.length : index;
    };
    return [...(this.site?.cameras ?? [])].sort((a, b) => rank(a) - rank(b));
  }

  choose(site: string): void {
    this.#chosen = site;
    this.host.requestUpdate();
  }

  hostUpdate(): void {
    const id = this.site?.id;
    if (id === undefined || this.plan?.site === id || this.#loading === id) return;
    this.#loading = id;
    void this.#load(id);
  }

  async #load(id: string): Promise<void> {
    try {
      this.plan = await store.plan(id);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
    this.#loading = "";
    this.host.requestUpdate();
  }
}
