/** The patrol car's page: one large camera beside the plan. One key or tap goes to the next camera. It needs little data. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";

import { alarm } from "../app/alarm/alarm.js";
import { letterKeys } from "../app/letter-keys.js";
import { StoreObserver } from "../app/observer.js";
import { fullName } from "../app/schools.js";
import { SiteFocus } from "../app/site-focus.js";
import { store } from "../app/store.js";
import { mayView, whyNone } from "../core/may-view.js";
import { places } from "../core/alarm/places.js";
import type { Camera, Site } from "../core/protocol.js";
import "../ui/alarm/alarm-list.js";
import "../ui/alarm/banner.js";
import { icon } from "../ui/icons.js";
import "../ui/cameras/plan.js";
import { base } from "../ui/styles.js";
import "../ui/alarm/sound.js";
import "../ui/cameras/tile.js";
import { patrolStyles } from "./patrol-styles.js";

const DIGITS = 9;

@customElement("sl-patrol")
export class Patrol extends LitElement {
  static override styles = [base, patrolStyles];

  @state() private current: string | null = null;
  /** A camera that was picked on the plan but is not open to this person. */
  @state() private refused: Camera | null = null;
  readonly #focus = new SiteFocus(this, true);
  /** The alarm that the page is showing. */
  #alarmed = "";
  #site = "";

  constructor() {
    super();
    new StoreObserver(this);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("keydown", this.#key);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("keydown", this.#key);
  }

  override willUpdate(): void {
    const { incident, site } = this.#focus;
    const seen = this.#seen();
    const opens = incident !== undefined && whyNone(incident, store.me?.principal ?? null) === "";
    const first = opens ? (seen[0]?.id ?? null) : null;
    const alarmed = incident ? `${incident.id} ${incident.alarms} ${opens}` : "";
    const moved = this.#site !== (site?.id ?? "");
    if (moved) this.current = this.refused = null;
    if (opens && (moved || alarmed !== this.#alarmed)) this.current = first;
    if (opens && !seen.some((camera) => camera.id === this.current)) this.current = first;
    this.#alarmed = alarmed;
    this.#site = site?.id ?? "";
  }

  /** Return the cameras of this school that this person can open, those nearest to the alarm first. */
  #seen(): Camera[] {
    const open = store.open();
    return this.#focus.cameras.filter((camera) => mayView(camera, open, store.me?.principal ?? null));
  }

  override render(): TemplateResult {
    const { incident, plan, site, back } = this.#focus;
    const seen = this.#seen();
    const ids = seen.map((one) => one.id);
    const index = ids.indexOf(this.current ?? "");
    // Keep it after all clear, so that the tile can say why its picture ended.
    const camera = this.current === null ? undefined : store.camera(this.current);
    const closed = new Set(site?.cameras.map((one) => one.id).filter((id) => !ids.includes(id)));
    const open = store.open();
    const elsewhere = open.filter((one) => one.site !== site?.id);
    return html`<main>
      ${open.length > 0 || alarm.sound !== "on"
        ? html`<div class="alarms">
            ${alarm.sound === "on" ? nothing : html`<sl-sound-off></sl-sound-off>`}
            ${repeat(store.open(site?.id ?? ""), (one) => one.id, (one) => html`<sl-alarm
                  .incident=${one}
                  offers
                  @open-cameras=${(event: CustomEvent<string[]>) => this.#pick(event.detail[0])}
                ></sl-alarm>`)}
            ${elsewhere.length > 0
              ? html`<sl-alarm-list
                  .incidents=${elsewhere}
                  @choose=${(event: CustomEvent<string>) => this.#focus.choose(event.detail)}
                ></sl-alarm-list>`
              : nothing}
          </div>`
        : nothing}
      <section class="view" aria-label="Camera">
        ${camera
          ? keyed(camera.id, html`<sl-tile
                .camera=${camera}
                stream="auto"
                .digit=${digitOf(index)}
                @dismiss=${() => (this.current = null)}
              ></sl-tile>`)
          : html`<div class="empty panel" role="status">${this.#nothing(seen.length)}</div>`}
      </section>
      <section class="plan panel" aria-label="Floor plan">
        <div class="bar">
          ${back
            ? html`<button data-testid="back" @click=${() => this.#focus.choose(back.id)}>
                ${icon("previous")}Back to ${back.name}
              </button>`
            : nothing}
          ${store.sites.length > 1 ? this.#chooser(site) : nothing}
          ${this.refused && camera
            ? html`<p role="status">${icon("lock")} ${fullName(this.refused)} is not open to you.</p>`
            : nothing}
        </div>
        <sl-plan
          .plan=${plan}
          .cameras=${site?.cameras ?? []}
          .statuses=${new Map(store.cameras)}
          .reachable=${store.reachable()}
          .shown=${this.current ? [this.current] : []}
          .digits=${ids.slice(0, DIGITS)}
          .places=${incident ? places(incident) : []}
          .closed=${closed}
          @pick-camera=${(event: CustomEvent<string>) => this.#pick(event.detail)}
        ></sl-plan>
      </section>
      <nav aria-label="Cameras">
        <button data-testid="previous" @click=${() => this.#step(-1)}>${icon("previous")}Previous</button>
        <p class="now">
          ${camera ? fullName(camera) : "No camera"}
          <small class="muted"
            >${index >= 0 ? `${index + 1} of ${seen.length}` : ""}<span class="arrows"
              >${index >= 0 ? " \u00b7 " : ""}use arrow keys</span
            ></small
          >
        </p>
        <button
          class="keys"
          data-testid="letter-keys"
          aria-pressed=${letterKeys.on}
          title="Use letters and digits as shortcuts on this device"
          @click=${this.#toggleKeys}
        >
          <span>Keys N, P, 1\u20139</span><strong>${letterKeys.on ? "ON" : "OFF"}</strong>
        </button>
        <button data-testid="next" @click=${() => this.#step(1)}>Next${icon("next")}</button>
      </nav>
    </main>`;
  }

  #chooser(site: Site | undefined): TemplateResult {
    const choose = (event: Event): void => this.#focus.choose((event.target as HTMLSelectElement).value);
    return html`<select aria-label="School" data-testid="school" .value=${live(site?.id ?? "")} @change=${choose}>
      ${store.sites.map((one) => html`<option value=${one.id} ?selected=${one === site}>${one.name}</option>`)}
    </select>`;
  }

  /** Say why there is no picture, and what to do. */
  #nothing(seen: number): TemplateResult {
    const { incident, site } = this.#focus;
    const always = seen > 0 ? "You can open cameras without a lock from the plan." : "You cannot open its cameras now.";
    const why = incident ? "You may not see it in this incident." : "There is no incident at this school now.";
    if (this.refused) return html`<p><strong>${fullName(this.refused)} is not open to you.</strong></p><p>${why} ${always}</p>`;
    if (incident) return html`<p>${always}</p>`;
    return html`<p><strong>${site?.name ?? "No school"}: no incident now.</strong></p>
      <p>When an alarm comes in, the nearest camera opens here by itself. ${always}</p>`;
  }

  #pick(id: string | undefined): void {
    const camera = id === undefined ? undefined : store.camera(id);
    if (camera === undefined) return;
    const seen = this.#seen().includes(camera);
    this.refused = seen ? null : camera;
    if (seen) this.current = camera.id;
  }

  #step(by: number): void {
    this.refused = null;
    const seen = this.#seen();
    const index = seen.findIndex((camera) => camera.id === this.current);
    const start = index < 0 && by < 0 ? 0 : index;
    this.current = seen[(start + by + seen.length) % seen.length]?.id ?? this.current;
  }

  readonly #toggleKeys = (): void => {
    letterKeys.toggle();
    this.requestUpdate();
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key.length === 1 && !letterKeys.on) return;
    // On the plan, arrow keys move the plan.
    if (event.key.startsWith("Arrow") && event.composedPath().some(isMap)) return;
    const step = { ArrowRight: 1, ArrowDown: 1, n: 1, ArrowLeft: -1, ArrowUp: -1, p: -1 }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (step !== undefined) this.#step(step);
    else if (/^[1-9]$/.test(event.key)) this.#pick(this.#seen()[Number(event.key) - 1]?.id);
    else return;
    event.preventDefault();
  };
}

const digitOf = (index: number): number => (index < DIGITS ? index + 1 : 0);
const isMap = (target: EventTarget): boolean => target instanceof Element && target.classList.contains("map");
