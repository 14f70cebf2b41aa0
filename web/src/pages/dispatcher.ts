/** The page of dispatchers and headquarters: alarms on top, a wall of tiles, the plan, who is watching. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";

import { alarm } from "../app/alarm/alarm.js";
import { StoreObserver } from "../app/observer.js";
import { fullName, schoolIfMany } from "../app/schools.js";
import { SiteFocus } from "../app/site-focus.js";
import { store } from "../app/store.js";
import { mayView, whyNone } from "../core/may-view.js";
import { places } from "../core/alarm/places.js";
import type { Camera, Incident, StreamName } from "../core/protocol.js";
import * as wall from "../core/wall.js";
import "../ui/alarm/banner.js";
import { icon } from "../ui/icons.js";
import { cameraState } from "../ui/cameras/plan.js";
import { base } from "../ui/styles.js";
import "../ui/alarm/sound.js";
import "../ui/cameras/tile.js";
import "../ui/cameras/watchers.js";
import "../ui/alarm/all-clear.js";
import "../editor/approval.js";
import { dispatcherStyles } from "./dispatcher-styles.js";

/** Once this many tiles are open, new ones open with the substream, because the tiles are no larger than its picture. */
const MANY = 5;

@customElement("sl-dispatcher")
export class Dispatcher extends LitElement {
  static override styles = [base, dispatcherStyles];

  @state() private wall = wall.EMPTY;
  readonly #focus = new SiteFocus(this, true);

  /** The stream that each tile opened with. A tile keeps its stream, so that opening another tile interrupts no picture. */
  readonly #streams = new Map<string, StreamName>();

  constructor() {
    super();
    new StoreObserver(this);
  }

  override willUpdate(): void {
    const me = store.me?.principal ?? null;
    for (const incident of store.open()) {
      const opens = whyNone(incident, me) === "";
      this.wall = wall.alarmed(this.wall, incident, (id) => opens && this.#mayView(id));
    }
  }

  #mayView(id: string): boolean {
    const camera = store.camera(id);
    return camera !== undefined && mayView(camera, store.open(), store.me?.principal ?? null);
  }

  override render(): TemplateResult {
    const incidents = store.open();
    return html`
      ${incidents.length === 0 ? html`<sl-plan-approval></sl-plan-approval>` : nothing}
      <main>
        ${incidents.length > 0 || alarm.sound !== "on"
          ? html`<div class="alarms">
              ${alarm.sound === "on" ? nothing : html`<sl-sound-off></sl-sound-off>`}
              ${repeat(incidents, (one) => one.id, (one) => this.#alarm(one))}
            </div>`
          : nothing}
        <section class="wall" aria-label="Open cameras">${this.#wall()}</section>
        <aside>
          <section class="panel plan" aria-label="Floor plan">${this.#plan()}</section>
          <div class="lists">
            <section class="panel">${this.#list()}</section>
            <section class="panel" tabindex="0" aria-label="Who is watching"><sl-watchers .site=${this.#focus.site?.id ?? ""}></sl-watchers></section>
          </div>
        </aside>
      </main>
    `;
  }

  #alarm(incident: Incident): TemplateResult {
    const mayEnd = store.site(incident.site)?.may_end;
    return html`<sl-alarm
      .incident=${incident}
      offers
      @open-cameras=${(event: CustomEvent<string[]>) => this.#open(incident, event.detail)}
    >
      ${mayEnd ? html`<sl-all-clear .incident=${incident}></sl-all-clear>` : nothing}
    </sl-alarm>`;
  }

  #wall(): TemplateResult {
    const cameras = this.wall.open.map((id) => store.camera(id)).filter((camera) => camera !== undefined);
    if (cameras.length === 0) {
      return html`<div class="empty-wall">
        ${icon("camera")}
        <p><strong>No camera is open.</strong></p>
        <p class="muted">${this.#whyEmpty()}</p>
      </div>`;
    }
    const { large } = this.wall;
    const shown = large !== null ? cameras.filter((camera) => camera.id === large) : cameras;
    const columns = Math.ceil(Math.sqrt(shown.length));
    return html`<div class="grid" data-columns=${Math.min(columns, 5)}>
      ${repeat(shown, (camera) => camera.id, (camera) => this.#tile(camera))}
    </div>`;
  }

  #whyEmpty(): string {
    const me = store.me?.principal ?? null;
    const closed = store.open().map((incident) => whyNone(incident, me));
    if (closed.length > 0 && closed.every((why) => why !== "")) return [...new Set(closed)].join(" ");
    return (
      "When an alarm comes in, the four nearest cameras open by themselves. Until then you can open only cameras without " +
      "a lock: choose one on the plan or in the list."
    );
  }

  #tile(camera: Camera): TemplateResult {
    const isLarge = this.wall.large === camera.id;
    const label = isLarge ? "Show all cameras" : `Enlarge ${fullName(camera)}`;
    return html`<sl-tile
      .camera=${camera}
      stream=${this.#streams.get(camera.id) ?? "main"}
      closable
      ?large=${isLarge}
      @dismiss=${() => (this.wall = wall.close(this.wall, camera.id))}
    >
      <button slot="actions" class="overlay" title=${label} aria-label=${label} aria-pressed=${isLarge}
        @click=${() => (this.wall = wall.enlarge(this.wall, camera.id))}>${icon("large")}</button>
    </sl-tile>`;
  }

  #plan(): TemplateResult {
    const { site, plan, incident, back } = this.#focus;
    if (!site) return html`<p class="empty">You have no school yet. Ask your Sightline administrator.</p>`;
    return html`
      <div class="bar">
        ${store.sites.length > 1
          ? html`<select aria-label="School" data-testid="school" .value=${live(site.id)} @change=${this.#choose}>
              ${store.sites.map((one) => html`<option value=${one.id} ?selected=${one === site}>${one.name}</option>`)}
            </select>`
          : html`<h2>${site.name}</h2>`}
        ${back
          ? html`<button data-testid="back" @click=${() => this.#focus.choose(back.id)}>
              ${icon("previous")}Back to ${back.name}
            </button>`
          : nothing}
      </div>
      <sl-plan
        .plan=${plan}
        .cameras=${site.cameras}
        .statuses=${new Map(store.cameras)}
        .reachable=${store.reachable()}
        .shown=${this.wall.open}
        .places=${incident ? places(incident) : []}
        .closed=${new Set(site.cameras.map(({ id }) => id).filter((id) => !this.#mayView(id)))}
        @pick-camera=${(event: CustomEvent<string>) => this.#toggle(event.detail)}
      ></sl-plan>
    `;
  }

  #list(): TemplateResult {
    const school = schoolIfMany(this.#focus.site?.id ?? "");
    return html`<h2>Cameras${school ? ` at ${school}` : ""}</h2>
      <ul class="cameras">
        ${this.#focus.cameras.map((camera) => {
          const now = cameraState(store.cameras.get(camera.id), store.reachable());
          const open = this.wall.open.includes(camera.id);
          return html`<li>
            <button class="row" aria-pressed=${open} data-testid="open-${camera.id}"
              @click=${() => this.#toggle(camera.id)}>
              <span class="name">${camera.name}</span>
              <span class="${now.ok ? "ok" : "fault"} ${now.icon}">${icon(now.icon)}${now.text}</span>
              <span class="verb">${this.#verb(camera, open)}</span>
            </button>
          </li>`;
        })}
      </ul>`;
  }

  /** Return the word for what a press does. If the gateway would refuse, show a lock, as the plan does. */
  #verb(camera: Camera, open: boolean): TemplateResult | string {
    if (open) return "Close";
    if (mayView(camera, store.open(camera.site), store.me?.principal ?? null)) return "Open";
    return html`<span class="locked">${icon("lock")}Locked</span>`;
  }

  readonly #choose = (event: Event): void => this.#focus.choose((event.target as HTMLSelectElement).value);

  /** Open the cameras near the trigger that somebody selected, and show its school on the plan. */
  #open(incident: Incident, ids: readonly string[]): void {
    this.#focus.choose(incident.site);
    this.wall = wall.open(this.wall, ids);
  }

  #toggle(id: string): void {
    if (!this.wall.open.includes(id)) this.#streams.set(id, this.wall.open.length + 1 >= MANY ? "sub" : "main");
    this.wall = wall.toggle(this.wall, id);
  }
}
