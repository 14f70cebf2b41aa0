/** Dispatcher and headquarters: alarms on top, a wall of tiles, the plan, who watches. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { StoreObserver } from "../app/observer.js";
import { SiteFocus } from "../app/site-focus.js";
import { store } from "../app/store.js";
import type { Camera, Incident, StreamName } from "../core/protocol.js";
import "../ui/banner.js";
import { icon } from "../ui/icons.js";
import { cameraState } from "../ui/plan.js";
import { base } from "../ui/styles.js";
import "../ui/tile.js";
import "../ui/watchers.js";
import "../ui/all-clear.js";
import { dispatcherStyles } from "./dispatcher-styles.js";

/** From this many tiles on, further ones open with the substream: they are no larger than it. */
const MANY = 5;

@customElement("sl-dispatcher")
export class Dispatcher extends LitElement {
  static override styles = [base, dispatcherStyles];

  @state() private open: readonly string[] = [];
  @state() private large: string | null = null;
  readonly #focus = new SiteFocus(this);
  /** Alarms whose cameras have been opened, so that what was closed by hand stays closed. */
  readonly #opened = new Map<string, number>();

  /** The stream that each tile was opened with; a picture that plays is not interrupted because another opens. */
  readonly #streams = new Map<string, StreamName>();

  constructor() {
    super();
    new StoreObserver(this);
  }

  override willUpdate(): void {
    for (const incident of store.open()) this.#openNearest(incident);
  }

  #openNearest(incident: Incident): void {
    if (this.#opened.get(incident.id) === incident.alarms) return;
    this.#opened.set(incident.id, incident.alarms);
    const known = incident.nearest.filter((id) => store.camera(id));
    this.open = [...new Set([...known, ...this.open])];
    if (this.large !== null && !known.includes(this.large)) this.large = null;
  }

  override render(): TemplateResult {
    const incidents = store.open();
    return html`
      <main>
        ${incidents.length > 0
          ? html`<div class="alarms">${repeat(incidents, (one) => one.id, (one) => this.#alarm(one))}</div>`
          : nothing}
        <section class="wall" aria-label="Cameras on the wall">${this.#wall()}</section>
        <aside>
          <section class="panel plan" aria-label="Floor plan">${this.#plan()}</section>
          <div class="lists">
            <section class="panel">${this.#list()}</section>
            <section class="panel"><sl-watchers .site=${this.#focus.site?.id ?? ""}></sl-watchers></section>
          </div>
        </aside>
      </main>
    `;
  }

  #alarm(incident: Incident): TemplateResult {
    const mayEnd = store.sites.find((site) => site.id === incident.site)?.may_end;
    return html`<sl-alarm .incident=${incident}>
      ${mayEnd ? html`<sl-all-clear .incident=${incident}></sl-all-clear>` : nothing}
    </sl-alarm>`;
  }

  #wall(): TemplateResult {
    const cameras = this.open.map((id) => store.camera(id)).filter((camera) => camera !== undefined);
    if (cameras.length === 0) {
      return html`<div class="empty-wall">
        ${icon("camera")}
        <p><strong>No camera is open.</strong></p>
        <p class="muted">
          At an alarm the four nearest cameras open by themselves. Outside an incident only cameras that the agreement
          marks as always on can be seen: open one from the plan or the list.
        </p>
      </div>`;
    }
    const shown = this.large !== null ? cameras.filter((camera) => camera.id === this.large) : cameras;
    const columns = Math.ceil(Math.sqrt(shown.length));
    return html`<div class="grid" data-columns=${Math.min(columns, 5)}>
      ${repeat(shown, (camera) => camera.id, (camera) => this.#tile(camera))}
    </div>`;
  }

  #tile(camera: Camera): TemplateResult {
    const isLarge = this.large === camera.id;
    const label = isLarge ? "Show all tiles" : `Enlarge ${camera.name}`;
    return html`<sl-tile
      .camera=${camera}
      stream=${this.#streams.get(camera.id) ?? "main"}
      closable
      @dismiss=${() => this.#close(camera.id)}
    >
      <button slot="actions" class="overlay" title=${label} aria-label=${label} aria-pressed=${isLarge}
        @click=${() => (this.large = isLarge ? null : camera.id)}>${icon("large")}</button>
    </sl-tile>`;
  }

  #plan(): TemplateResult {
    const { site, plan, incident } = this.#focus;
    if (!site) return html`<p class="empty">No school is open to you. Ask your administrator for the agreement.</p>`;
    return html`
      <div class="bar">
        ${store.sites.length > 1
          ? html`<select aria-label="School" @change=${this.#choose}>
              ${store.sites.map((one) => html`<option value=${one.id} ?selected=${one === site}>${one.name}</option>`)}
            </select>`
          : html`<h2>${site.name}</h2>`}
      </div>
      <sl-plan
        .plan=${plan}
        .cameras=${site.cameras}
        .statuses=${new Map(store.cameras)}
        .shown=${this.open}
        .origin=${incident?.origin.room ?? null}
        @pick-camera=${(event: CustomEvent<string>) => this.#toggle(event.detail)}
      ></sl-plan>
    `;
  }

  #list(): TemplateResult {
    return html`<h2>Cameras</h2>
      <ul class="cameras">
        ${this.#focus.cameras.map((camera) => {
          const now = cameraState(store.cameras.get(camera.id));
          const open = this.open.includes(camera.id);
          return html`<li>
            <button class="row" aria-pressed=${open} data-testid="open-${camera.id}"
              @click=${() => this.#toggle(camera.id)}>
              <span class="name">${camera.name}</span>
              <span class=${now.ok ? "ok" : "fault"}>${icon(now.icon)}${now.text}</span>
              <span class="verb">${open ? "Close" : "Open"}</span>
            </button>
          </li>`;
        })}
      </ul>`;
  }

  readonly #choose = (event: Event): void => this.#focus.choose((event.target as HTMLSelectElement).value);

  #toggle(id: string): void {
    if (this.open.includes(id)) this.#close(id);
    else {
      this.#streams.set(id, this.open.length + 1 >= MANY ? "sub" : "main");
      this.open = [...this.open, id];
    }
  }

  #close(id: string): void {
    this.open = this.open.filter((one) => one !== id);
    if (this.large === id) this.large = null;
  }
}
