/** Lists open incidents at other schools. One press takes the page there. */

import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { StoreObserver } from "../../app/observer.js";
import { store } from "../../app/store.js";
import { overdue } from "../../core/alarm/alarms.js";
import { counter } from "../../core/labels.js";
import { UNKNOWN_ROOM } from "../../core/alarm/places.js";
import type { Incident } from "../../core/protocol.js";
import { KIND_WORDS } from "./banner.js";
import { icon } from "../icons.js";
import { base } from "../styles.js";

@customElement("sl-alarm-list")
export class AlarmList extends LitElement {
  static override styles = [
    base,
    css`
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      li {
        display: grid;
        flex: 1 1 280px;
        min-width: 0;
      }
      button {
        justify-content: flex-start;
        min-height: 56px;
        padding: 4px 14px;
        border: 2px solid;
        line-height: 1.25;
        text-align: left;
        white-space: normal;
      }
      button > span {
        min-width: 0;
      }
      button strong {
        font-weight: 800;
      }
      .real,
      .real:hover {
        background: #a3080d;
        border-color: #ffb3b0;
        color: #fff;
      }
      .drill,
      .drill:hover {
        background: #0b3a66;
        border-color: #bfe0ff;
        border-style: dashed;
        color: #fff;
      }
      .test,
      .test:hover {
        background: #3a424a;
        border-color: #d5dbe0;
        border-style: dotted;
        color: #fff;
      }
      .state {
        display: block;
        font-size: 0.875rem;
      }
    `,
  ];

  @property({ attribute: false }) incidents: readonly Incident[] = [];

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult {
    return html`<ul aria-label="Alarms at other schools" data-testid="alarm-list">
      ${repeat(this.incidents, (one) => one.id, (one) => this.#row(one))}
    </ul>`;
  }

  #row(one: Incident): TemplateResult {
    const late = overdue(one, store.wall());
    const waited = `not acknowledged for ${counter(store.wall() - one.last_alarm_at)}`;
    const state = late ? waited : one.confirmed ? "acknowledged" : "not yet acknowledged";
    const choose = (): boolean => this.dispatchEvent(new CustomEvent("choose", { detail: one.site }));
    return html`<li>
      <button class=${one.kind} data-testid="alarm-${one.site}" @click=${choose}>
        ${icon(one.kind)}
        <span>
          <strong>${KIND_WORDS[one.kind][0]} \u00b7 ${one.site_name}</strong>
          <span class="state number"
            >${one.origin.room_name ?? UNKNOWN_ROOM} \u00b7
            ${store.timeOfDay(one.last_alarm_at)} \u00b7 ${late ? html`<strong>${state}</strong>` : state}</span
          >
        </span>
      </button>
    </li>`;
  }
}
