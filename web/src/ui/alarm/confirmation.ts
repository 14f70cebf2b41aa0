/** Tells the school, in large type, whether the police know about the alarm. It never says more than the page knows. */

import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { StoreObserver } from "../../app/observer.js";
import { store } from "../../app/store.js";
import { UNANSWERED, confirmation, confirmations, type Confirmation } from "../../core/alarm/confirmation.js";
import { ROLE_WORDS } from "../../core/labels.js";
import type { Incident } from "../../core/protocol.js";
import { call911, callStyles } from "./call-911.js";
import { icon, type IconName } from "../icons.js";
import { base } from "../styles.js";

const ICONS: Readonly<Record<Confirmation, IconName>> = {
  waiting: "clock",
  overdue: "delayed",
  unknown: "unverified",
  confirmed: "up",
};

@customElement("sl-confirmation")
export class ConfirmationPanel extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      :host {
        display: block;
      }
      div {
        display: grid;
        gap: 6px;
        padding: 12px;
        border: 2px solid var(--line-strong);
        border-radius: 8px;
      }
      .waiting {
        border: 2px dashed var(--warn);
      }
      .overdue,
      .unknown {
        border: 2px dashed var(--warn);
      }
      .real.overdue,
      .real.unknown {
        border: 5px solid var(--bad);
      }
      .confirmed {
        border-color: var(--good);
      }
      h2 {
        display: flex;
        align-items: center;
        gap: 10px;
        color: var(--text);
        font-size: 1.125rem;
        letter-spacing: 0;
        line-height: 1.2;
        text-transform: none;
        text-wrap: balance;
      }
      .confirmed h2 {
        font-size: 1.375rem;
      }
      .real.overdue h2,
      .real.unknown h2 {
        font-size: 1.875rem;
        font-weight: 850;
      }
      li {
        padding-top: 2px;
      }
    `,
  ];

  @property({ attribute: false }) incident!: Incident;

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult {
    const { incident } = this;
    const state = confirmation(incident, store.wall(), store.reachable());
    const call = incident.kind === "real" && (state === "overdue" || state === "unknown");
    return html`<div class="${incident.kind} ${state}" data-testid="confirmation" data-state=${state}>
      ${state === "confirmed" ? confirmed(incident) : unanswered(incident, state)}
      ${call ? call911("Call 911") : ""}
    </div>`;
  }
}

function unanswered(incident: Incident, state: Exclude<Confirmation, "confirmed">): TemplateResult {
  const [headline, more] = UNANSWERED[state][incident.kind];
  return html`<h2 role="alert">${icon(ICONS[state])}<span>${headline}</span></h2>
    <p>${more} <span class="muted number">Last alarm at ${store.timeOfDay(incident.last_alarm_at)}.</span></p>`;
}

function confirmed(incident: Incident): TemplateResult {
  return html`<h2 role="status">${icon(ICONS.confirmed)}<span>Police have confirmed.</span></h2>
    <ul>
      ${confirmations(incident).map(
        (one) =>
          html`<li>
            <strong>${one.name}</strong> <span class="muted">${ROLE_WORDS[one.role]}</span>
            <span class="number">${store.timeOfDay(one.at)}</span>
          </li>`,
      )}
    </ul>`;
}
