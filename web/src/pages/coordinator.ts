/** The school coordinator's page, made for a phone: hold to trigger, see whether the police know and who is watching,
 *  extend, all clear. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { StoreObserver } from "../app/observer.js";
import { SiteFocus } from "../app/site-focus.js";
import { store } from "../app/store.js";
import { span } from "../core/labels.js";
import { UNKNOWN_ROOM } from "../core/alarm/places.js";
import type { Incident, Site, Trigger } from "../core/protocol.js";
import "../ui/alarm/alarm-list.js";
import "../ui/alarm/all-clear.js";
import "../ui/alarm/banner.js";
import "../ui/alarm/confirmation.js";
import { icon } from "../ui/icons.js";
import "../ui/alarm/pending.js";
import { base } from "../ui/styles.js";
import "../ui/alarm/trigger-form.js";
import "../ui/cameras/watchers.js";
import { coordinatorStyles } from "./coordinator-styles.js";

@customElement("sl-coordinator")
export class Coordinator extends LitElement {
  static override styles = [base, coordinatorStyles];

  readonly #focus = new SiteFocus(this, false);

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult {
    const { site } = this.#focus;
    if (!site) return html`<p class="empty">You have no school yet. Ask district IT to add you to one.</p>`;
    const incidents = store.open(site.id);
    const elsewhere = store.open().filter((one) => one.site !== site.id);
    return html`<main>
      <div class="title">
        <h1>${site.name}</h1>
        ${store.sites.length > 1
          ? html`<select aria-label="School" @change=${this.#choose}>
              ${store.sites.map((one) => html`<option value=${one.id} ?selected=${one === site}>${one.name}</option>`)}
            </select>`
          : nothing}
      </div>
      <sl-pending></sl-pending>
      ${elsewhere.length > 0
        ? html`<sl-alarm-list
            .incidents=${elsewhere}
            @choose=${(event: CustomEvent<string>) => this.#focus.choose(event.detail)}
          ></sl-alarm-list>`
        : nothing}
      ${store.refusals.some((one) => one.site === site.id) ? this.#refused(site.id) : nothing}
      ${repeat(incidents, (one) => one.id, (one) => this.#incident(one, site))}
      ${site.may_trigger
        ? html`<sl-trigger-form .site=${site} .plan=${this.#focus.plan} .incidents=${incidents}></sl-trigger-form>`
        : nothing}
      <section class="panel">
        ${store.reachable()
          ? html`<sl-watchers .site=${site.id}></sl-watchers>`
          : html`<p class="empty">No connection, so this page cannot show who is watching.</p>`}
      </section>
    </main>`;
  }

  #refused(site: string): TemplateResult {
    const latest = store.refusals.find((one) => one.site === site);
    return html`<p class="error" role="alert">
      A panic button was pressed at ${store.timeOfDay(latest?.at ?? 0)}, but its alarm was refused
      (${(latest?.reason ?? "").replaceAll("_", " ")}). If there is danger, hold the button below. Then call district IT.
    </p>`;
  }

  #incident(incident: Incident, site: Site): TemplateResult {
    return html`
      <sl-alarm .incident=${incident}></sl-alarm>
      <section class="panel part">
        <sl-confirmation .incident=${incident}></sl-confirmation>
        <h2>${icon(incident.kind)} Alarms sent: ${incident.triggers.length}</h2>
        <ul data-testid="triggers">
          ${incident.triggers.map(told)}
        </ul>
        <p class="muted number">
          Police lose access to the cameras in ${span(incident.ends_at - store.wall())}. Press Extend to give them more time.
        </p>
        <sl-all-clear .incident=${incident} .mayEnd=${site.may_end}></sl-all-clear>
      </section>
    `;
  }

  readonly #choose = (event: Event): void => this.#focus.choose((event.target as HTMLSelectElement).value);
}

/** One trigger: where, when, by whom, and what was said with it. */
function told(fact: Trigger): TemplateResult {
  return html`<li>
    <strong>${fact.room_name ?? UNKNOWN_ROOM}</strong>
    <span class="number">${store.timeOfDay(fact.at)}</span>
    <span class="muted">${fact.by}</span>
    ${fact.note ? html`<span class="note">\u201c${fact.note}\u201d</span>` : nothing}
  </li>`;
}
