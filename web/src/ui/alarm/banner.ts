/** The alarm: its kind, where it came from, who has acknowledged it. Kinds differ by word, icon, shape and pattern. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { alarm } from "../../app/alarm/alarm.js";
import { StoreObserver } from "../../app/observer.js";
import { store } from "../../app/store.js";
import { isAsked, overdue } from "../../core/alarm/alarms.js";
import { counter, span } from "../../core/labels.js";
import { whyNone } from "../../core/may-view.js";
import { UNKNOWN_ROOM } from "../../core/alarm/places.js";
import type { Incident, IncidentKind } from "../../core/protocol.js";
import { bannerStyles } from "./banner-styles.js";
import { icon } from "../icons.js";
import { base } from "../styles.js";
import "./triggers.js";

export const KIND_WORDS: Readonly<Record<IncidentKind, readonly [string, string]>> = {
  real: ["REAL", "Lockdown. This is not a drill."],
  drill: ["DRILL", "Exercise. No real danger."],
  test: ["TEST", "Technical test. No danger."],
};

const names = (of: Incident["acknowledgements"]): string => of.map((one) => one.name).join(", ");

@customElement("sl-alarm")
export class AlarmBanner extends LitElement {
  static override styles = [base, bannerStyles];

  @property({ attribute: false }) incident!: Incident;
  /** True to list the triggers, with buttons that open their cameras: each button dispatches an `open-cameras` event with
   *  camera ids. */
  @property({ type: Boolean }) offers = false;

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult {
    const { incident } = this;
    const [kind, meaning] = KIND_WORDS[incident.kind];
    const me = store.me?.principal ?? null;
    const left = `Access ends in ${span(incident.ends_at - store.wall())}`;
    const where = `${incident.origin.room_name ?? UNKNOWN_ROOM} \u00b7 ${incident.site_name}`;
    const why = whyNone(incident, me);
    const failure = alarm.failure(incident.id);
    const several = incident.triggers.length > 1;
    const triggers = this.offers ? html`<sl-triggers .incident=${incident}></sl-triggers>` : nothing;
    return html`
      <article class=${incident.kind} data-testid="alarm-banner" data-kind=${incident.kind} data-site=${incident.site}>
        <p class="visually-hidden" role="alert">${kind}. ${meaning} ${where}</p>
        <div class="edge" aria-hidden="true"></div>
        <div class="body">
          <div class="kind">${icon(incident.kind)}<span>${kind}</span></div>
          <div class="what">
            <p class="where">${where}</p>
            <p class="more number">
              <span class="meaning">${meaning}</span>
              <span class=${incident.warnings_sent.length > 0 ? "soon" : "left"}>${icon("clock")}${left}</span>
              ${this.#acknowledged()}
            </p>
            ${several ? nothing : triggers}
          </div>
          <div class="acts">
            ${!me || !isAsked(incident, me) || !store.site(incident.site)?.may_acknowledge
              ? nothing
              : html`<button
                  data-testid="acknowledge"
                  aria-label="Acknowledge as ${me.name}"
                  ?disabled=${alarm.sending(incident)}
                  @click=${() => void alarm.acknowledge(incident)}
                >
                  ${icon("bell")}<span>Acknowledge<span class="as"> as ${me.name}</span></span>
                </button>`}
            <slot></slot>
          </div>
          ${why ? html`<p class="why" data-testid="why-none">${why}</p>` : nothing}
          ${failure ? html`<p class="failed" role="alert">${failure}</p>` : nothing}
          ${several ? triggers : nothing}
        </div>
        <div class="edge" aria-hidden="true"></div>
      </article>
    `;
  }

  /** Say who has acknowledged the newest alarm. Acknowledgements of earlier alarms do not count. */
  #acknowledged(): TemplateResult {
    const { incident } = this;
    const newest = incident.acknowledgements.filter((one) => one.newest);
    const by = (confirms: boolean): string => names(newest.filter((one) => one.confirms === confirms));
    const seen = by(false) ? html`<span>Seen by ${by(false)}</span>` : nothing;
    if (overdue(incident, store.wall())) {
      const waited = counter(store.wall() - incident.last_alarm_at);
      return html`<span class="late" data-testid="overdue">${icon("bell")}Police have not acknowledged for ${waited}</span
        >${seen}`;
    }
    return html`<strong>${incident.confirmed ? `Acknowledged by ${by(true)}` : "Not yet acknowledged by the police"}</strong
      >${seen}`;
  }
}
