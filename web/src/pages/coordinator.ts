/** School coordinator: trigger by holding, see that police know, see who watches, extend, all clear. Made for a phone. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { StoreObserver, told } from "../app/observer.js";
import { SiteFocus } from "../app/site-focus.js";
import { store } from "../app/store.js";
import { api, type Person } from "../core/api.js";
import { span, timeOfDay } from "../core/labels.js";
import type { Incident, IncidentKind, Site } from "../core/protocol.js";
import "../ui/all-clear.js";
import "../ui/banner.js";
import { KIND_WORDS } from "../ui/banner.js";
import { ROLE_WORDS } from "../ui/header.js";
import "../ui/hold-button.js";
import { icon } from "../ui/icons.js";
import { roomLabel } from "../ui/plan-drawing.js";
import { base } from "../ui/styles.js";
import "../ui/watchers.js";
import { coordinatorStyles } from "./coordinator-styles.js";

const KINDS: readonly IncidentKind[] = ["real", "drill", "test"];

@customElement("sl-coordinator")
export class Coordinator extends LitElement {
  static override styles = [base, coordinatorStyles];

  @state() private kind: IncidentKind = "real";
  @state() private room = "";
  @state() private police: Person[] | null = null;
  @state() private enrolled = new Set<string>();
  @state() private failure = "";
  @state() private asking = false;
  readonly #focus = new SiteFocus(this);

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult {
    const { site } = this.#focus;
    if (!site) return html`<p class="empty">No school is assigned to you. Ask your district\u2019s IT.</p>`;
    const incidents = store.open(site.id);
    return html`<main>
      <div class="title">
        <h1>${site.name}</h1>
        ${store.sites.length > 1
          ? html`<select aria-label="School" @change=${this.#choose}>
              ${store.sites.map((one) => html`<option value=${one.id} ?selected=${one === site}>${one.name}</option>`)}
            </select>`
          : nothing}
      </div>
      ${store.refusals.some((one) => one.site === site.id) ? this.#refused(site.id) : nothing}
      ${repeat(incidents, (one) => one.id, (one) => this.#incident(one, site))}
      ${site.may_trigger && !incidents.some((one) => one.kind === "real") ? this.#trigger(site, incidents) : nothing}
      <section class="panel"><sl-watchers .site=${site.id}></sl-watchers></section>
    </main>`;
  }

  #refused(site: string): TemplateResult {
    const latest = store.refusals.find((one) => one.site === site);
    return html`<p class="error" role="alert">
      A panic button was pressed and refused at ${timeOfDay(latest?.at ?? 0)}
      (${(latest?.reason ?? "").replaceAll("_", " ")}). If it was meant, hold the button below; then call district IT.
    </p>`;
  }

  #incident(incident: Incident, site: Site): TemplateResult {
    const police = incident.acknowledgements.filter((one) => one.role !== "coordinator");
    return html`
      <sl-alarm .incident=${incident}></sl-alarm>
      <section class="panel part">
        <h2>${icon("bell")} Received by police</h2>
        ${police.length === 0
          ? html`<p class="waiting">
              <strong>Sent at ${timeOfDay(incident.last_alarm_at)}. Not yet acknowledged by police.</strong>
              ${incident.kind === "real" ? "If this lasts, call 911." : ""}
            </p>`
          : html`<ul>
              ${police.map(
                (one) =>
                  html`<li>
                    ${icon("up")}<strong>${one.name}</strong> <span class="muted">${ROLE_WORDS[one.role]}</span>
                    <span class="number muted">${timeOfDay(one.at)}</span>
                  </li>`,
              )}
            </ul>`}
        <p class="muted number">Access ends by itself in ${span(incident.ends_at - store.wall())}.</p>
        <sl-all-clear .incident=${incident} .mayEnd=${site.may_end}></sl-all-clear>
      </section>
    `;
  }

  #trigger(site: Site, incidents: Incident[]): TemplateResult {
    const [word, meaning] = KIND_WORDS[this.kind];
    const running = incidents.some((one) => one.kind === this.kind);
    return html`<section class="panel part" aria-label="Trigger">
      <fieldset>
        <legend>What is it?</legend>
        ${KINDS.map(
          (kind) =>
            html`<label class=${kind}>
              <input type="radio" name="kind" .checked=${kind === this.kind} @change=${() => this.#choseKind(kind, site)} />
              ${icon(kind)}${KIND_WORDS[kind][0]}
            </label>`,
        )}
      </fieldset>
      <label class="field"
        >Where?
        <select data-testid="room" @change=${(event: Event) => (this.room = (event.target as HTMLSelectElement).value)}>
          <option value="">Not known, or whole school</option>
          ${this.#focus.plan?.floors.map(
            (floor) =>
              html`<optgroup label=${floor.name}>
                ${floor.rooms.map(
                  (room) =>
                    html`<option value=${room.id} ?selected=${room.id === this.room}>
                      ${roomLabel(room).replace("\n", " ")}
                    </option>`,
                )}
              </optgroup>`,
          )}
        </select>
      </label>
      ${this.kind === "drill"
        ? this.#participants()
        : nothing}
      <sl-hold kind=${this.kind} ?disabled=${this.asking} @held=${() => this.#send(site)}>
        <span class="hold"
          ><span class="word">${icon(this.kind)}${word}</span>
          <span>${this.asking ? "Sending" : running ? "Hold 2 s to trigger again" : "Hold 2 s to trigger"}</span>
          <small>${meaning}</small></span
        >
      </sl-hold>
      ${this.failure
        ? html`<p class="error" role="alert">${this.failure} If this is an emergency, call 911 now.</p>`
        : nothing}
    </section>`;
  }

  #participants(): TemplateResult {
    if (this.police === null) return html`<p class="muted">Looking up who is signed in\u2026</p>`;
    if (this.police.length === 0) {
      return html`<p class="muted">No police are signed in: nobody would see cameras in this drill. They sign in first.</p>`;
    }
    return html`<fieldset class="people">
      <legend>Who takes part and may see cameras?</legend>
      ${this.police.map(
        (person) =>
          html`<label>
            <input
              type="checkbox"
              data-testid="enrol-${person.id}"
              .checked=${this.enrolled.has(person.id)}
              @change=${() => this.#toggle(person.id)}
            />${person.name} <span class="muted">${ROLE_WORDS[person.role]}</span>
          </label>`,
      )}
    </fieldset>`;
  }

  #toggle(id: string): void {
    const enrolled = new Set(this.enrolled);
    if (!enrolled.delete(id)) enrolled.add(id);
    this.enrolled = enrolled;
  }

  #choseKind(kind: IncidentKind, site: Site): void {
    this.kind = kind;
    if (kind === "drill") void this.#lookUpPolice(site);
  }

  async #lookUpPolice(site: Site): Promise<void> {
    try {
      this.police = await api.police(site.id);
    } catch (error) {
      this.failure = told(error);
    }
  }

  readonly #choose = (event: Event): void => this.#focus.choose((event.target as HTMLSelectElement).value);

  async #send(site: Site): Promise<void> {
    this.asking = true;
    this.failure = "";
    const enrolled = [...this.enrolled];
    try {
      store.learn(
        await api.trigger({
          site: site.id,
          kind: this.kind,
          ...(this.room ? { room: this.room } : {}),
          ...(this.kind === "drill" && enrolled.length > 0 ? { enrolled } : {}),
        }),
      );
    } catch (error) {
      this.failure = told(error);
    }
    this.asking = false;
  }
}
