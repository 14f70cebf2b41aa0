/** District IT's page: every camera with its state and what to do, the worst first, and the floor plans to draw. It shows only
 *  still pictures. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { StoreObserver, told } from "../app/observer.js";
import { store } from "../app/store.js";
import { api } from "../core/gateway/api.js";
import { advice } from "../core/advice.js";
import { bySeverity, standing, worst, type Standing } from "../core/severity.js";
import { clockStep, counter, span } from "../core/labels.js";
import type { CameraStatus, Source } from "../core/protocol.js";
import "../ui/alarm/banner.js";
import { NOT_KNOWN, ageState, correction } from "../ui/cameras/camera-state.js";
import { icon } from "../ui/icons.js";
import "../ui/cameras/still.js";
import { base } from "../ui/styles.js";
import { tableStyles } from "../ui/table-styles.js";

/** Rates change without an event, so the page requests them this often (milliseconds). */
const REFRESH = 5000;

@customElement("sl-district-it")
export class DistrictIt extends LitElement {
  static override styles = [base, tableStyles];

  @state() private still: CameraStatus | null = null;
  @state() private failure = "";
  /** The school whose plan is being drawn; null while the cameras are shown. */
  @state() private drawing: string | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => void this.#refresh(), REFRESH);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override render(): TemplateResult {
    const alarms = repeat(store.open(), (one) => one.id, (one) => html`<sl-alarm .incident=${one}></sl-alarm>`);
    if (this.drawing !== null) {
      return html`<main class="drawing">${alarms}${this.#tabs()}<sl-plan-editor .site=${this.drawing}></sl-plan-editor></main>`;
    }
    return this.#cameras(alarms);
  }

  /** The cameras, and the floor plan of each school. */
  #tabs(): TemplateResult {
    const plans = store.sites.filter((site) => site.may_edit_plan);
    return html`<nav class="tabs" aria-label="Views">
      <button aria-pressed=${this.drawing === null} @click=${() => (this.drawing = null)}>Cameras</button>
      ${plans.map(
        (site) => html`<button aria-pressed=${this.drawing === site.id} data-testid="draw-${site.id}"
          @click=${() => void this.#draw(site.id)}>Floor plan of ${site.name}</button>`,
      )}
    </nav>`;
  }

  /** Open the editor. It is loaded only here, because patrol cars do not need it. */
  async #draw(site: string): Promise<void> {
    try {
      await import("../editor/editor.js");
      this.drawing = site;
    } catch {
      this.failure = "The editor did not load. Check the network, then try again.";
    }
  }

  #cameras(alarms: unknown): TemplateResult {
    const cameras = [...store.cameras.values()].sort(bySeverity);
    const faulty = cameras.filter((camera) => standingOf(camera) !== "up").length;
    return html`<main>
      ${alarms}${this.#tabs()}
      <div class="title">
        <h1>Cameras</h1>
        <p class="muted">
          ${cameras.length} cameras, ${faulty === 0 ? "none with a fault" : `${faulty} with a fault, listed first`}
        </p>
      </div>
      ${this.failure ? html`<p class="error" role="alert">${this.failure}</p>` : nothing}
      ${store.refusals.map(
        (one) =>
          html`<p class="error" role="alert">
            Panic button \u201c${one.webhook}\u201d was refused at ${store.timeOfDay(one.at)}:
            ${one.reason.replaceAll("_", " ")}. Check its secret and its clock.
          </p>`,
      )}
      ${store.clockSteps.map(
        (one) =>
          html`<p class="error" role="alert">
            ${clockStep(one.by, store.timeOfDay(one.at))} Check the machine\u2019s time service (NTP).
          </p>`,
      )}
      ${this.still
        ? html`<sl-still .camera=${this.still} @dismiss=${() => (this.still = null)}></sl-still>`
        : nothing}
      ${cameras.length === 0 ? this.#empty() : this.#table(cameras)}
    </main>`;
  }

  #empty(): TemplateResult {
    return html`<p class="empty panel">
      ${store.ready
        ? "No cameras are configured. Add them under sites in the configuration, and to the floor plan."
        : "Waiting for the gateway."}
    </p>`;
  }

  #table(cameras: CameraStatus[]): TemplateResult {
    return html`<div class="panel scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Camera</th>
            <th scope="col">State</th>
            <th scope="col">Since</th>
            <th scope="col" class="right">fps</th>
            <th scope="col" class="right">kbit/s</th>
            <th scope="col" class="right">Loss</th>
            <th scope="col">Stream</th>
            <th scope="col">Clock</th>
            <th scope="col">What to do</th>
            <th scope="col"><span class="visually-hidden">Still picture</span></th>
          </tr>
        </thead>
        <tbody>
          ${repeat(cameras, (camera) => camera.id, (camera) => this.#row(camera))}
        </tbody>
      </table>
    </div>`;
  }

  #row(camera: CameraStatus): TemplateResult {
    const { main, sub } = camera.streams;
    const shown = worst(camera);
    const site = store.site(camera.site)?.name ?? camera.site;
    const unchanged = camera.unchanged_since_at;
    return html`<tr data-testid="camera-row-${camera.id}" data-state=${standingOf(camera)}>
      <th scope="row" class="camera-name">${camera.name}<small>${site} \u00b7 ${camera.id}</small></th>
      <td>
        ${shown ? stateCell(shown, shown === sub && main?.state === "up" ? "Substream " : "") : "Not known"}
        ${unchanged !== null
          ? html`<span class="tag number">
              ${icon("unchanged")}PICTURE UNCHANGED ${counter(store.wall() - unchanged)}
            </span>`
          : nothing}
      </td>
      <td class="number">${shown ? span(store.wall() - shown.since_at) : ""}</td>
      ${numbers(main, sub)}
      <td class="whole">
        ${main ? carried(main) : "\u2013"}${sub ? html`<small>sub ${carried(sub)}</small>` : nothing}
      </td>
      <td class="clock">${shown ? clockCell(shown) : ""}</td>
      <td class="advice">
        ${advice(camera).map((line) => html`<p>${spelled(line)}</p>`)}
      </td>
      <td>
        <button aria-label="Still picture of ${camera.name}" @click=${() => (this.still = camera)}>
          ${icon("still")}Still
        </button>
      </td>
    </tr>`;
  }

  async #refresh(): Promise<void> {
    try {
      for (const camera of await api.cameras()) store.cameras.set(camera.id, camera);
      this.failure = "";
      store.changed();
    } catch (error) {
      this.failure = `${told(error)} This list may be out of date. It refreshes by itself.`;
    }
  }
}

/** Show the names of settings as code. The gateway writes them in backticks. */
function spelled(line: string): (string | TemplateResult)[] {
  return line.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}

function standingOf(camera: CameraStatus): Standing | "unknown" {
  const source = worst(camera);
  return source ? standing(source) : "unknown";
}

function stateCell(source: Source, prefix: string): TemplateResult {
  if (!store.reachable()) return html`<span class="state stalled">${icon(NOT_KNOWN.icon)}${prefix}${NOT_KNOWN.text}</span>`;
  if (source.state === "up") {
    const now = ageState(source, false);
    return html`<span class="state ${now.icon === "live" ? "up" : now.ok ? "connecting" : "stalled"}">${icon(now.icon)}${prefix}${now.text}</span>`;
  }
  const words = { stalled: "Stalled", down: "Down", connecting: "Connecting" }[source.state];
  return html`<span class="state ${source.state}">${icon(source.state)}${prefix}${words}</span>
    <small>${source.detail || source.reason.replaceAll("_", " ")}</small>`;
}

function clockCell(source: Source): TemplateResult {
  return source.clock === "trusted"
    ? html`<span class="state up">${icon("clock")}${correction(source) ? "Corrected" : "Trusted"}</span>
        ${correction(source) ? html`<small>${correction(source)}, ages are corrected</small>` : nothing}`
    : html`<span class="state connecting">${icon("unverified")}Not trusted</span><small>${source.clock_reason}</small>`;
}

/** Show the main stream's figures above those of the substream, column by column. */
function numbers(main: Source | undefined, sub: Source | undefined): TemplateResult {
  const both = (text: (source: Source) => string): TemplateResult =>
    html`<td class="right number">
      ${main ? text(main) : "\u2013"}${sub ? html`<small>sub ${text(sub)}</small>` : nothing}
    </td>`;
  return html`${both((source) => source.fps.toFixed(1))}${both((source) => String(Math.round(source.bitrate_bps / 1000)))}
  ${both((source) => `${(source.loss * 100).toFixed(1)} %`)}`;
}

/** Return codec, size and transport in words. */
function carried(source: Source): string {
  const size = source.width > 0 ? `${source.width} \u00d7 ${source.height}` : "";
  return [source.codec, size, source.transport.toUpperCase()].filter(Boolean).join(" \u00b7 ") || "\u2013";
}
