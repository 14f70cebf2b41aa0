/** Says, in large type, that the gateway does not have the trigger yet, and what to do meanwhile. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { ChangeObserver, StoreObserver } from "../../app/observer.js";
import { store } from "../../app/store.js";
import { trigger } from "../../app/alarm/trigger.js";
import { counter, timeOfDay } from "../../core/labels.js";
import type { Pending } from "../../core/alarm/pending.js";
import { UNKNOWN_ROOM } from "../../core/alarm/places.js";
import { KIND_WORDS } from "./banner.js";
import { call911, callStyles } from "./call-911.js";
import { icon } from "../icons.js";
import { base } from "../styles.js";

/** The first attempt may take this long (seconds) before the page says that something is wrong. */
const PATIENCE = 2;

@customElement("sl-pending")
export class PendingPanel extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      :host {
        display: block;
      }
      section {
        display: grid;
        gap: 10px;
        padding: 14px;
        border: 4px solid var(--warn);
        border-radius: 10px;
        background: var(--panel);
      }
      section.real {
        border: 4px solid var(--bad);
      }
      .large {
        display: flex;
        align-items: center;
        gap: 8px;
        color: var(--text);
        font-size: 1.75rem;
        font-weight: 850;
        letter-spacing: 0.01em;
        line-height: 1.15;
        text-transform: none;
      }
      .what {
        font-size: 1.0625rem;
        font-weight: 650;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 10px;
      }
      .buttons button {
        min-height: 52px;
      }
    `,
  ];

  /** True after the first press of "Cancel", which asks once more, because hands shake. */
  @state() private sure = false;

  constructor() {
    super();
    new StoreObserver(this, true);
    new ChangeObserver(this, trigger);
  }

  override willUpdate(): void {
    this.hidden = trigger.current === null;
  }

  override render(): TemplateResult | typeof nothing {
    const pending = trigger.current;
    if (!pending) return nothing;
    const { press } = pending;
    const late = isLate(pending);
    return html`<section class=${press.kind} data-testid="pending" data-state=${pending.state}>
      <h2 class="large" role="alert">${icon(press.kind)}<span>${heading(pending, late)}</span></h2>
      ${press.kind === "real" && late && !pending.sounds
        ? call911("Call 911 now")
        : nothing}
      <p class="what">
        ${KIND_WORDS[press.kind][0]} \u00b7 ${press.room_name ?? UNKNOWN_ROOM} \u00b7 ${press.site_name} \u00b7 pressed
        at <span class="number">${timeOfDay(press.at)}</span>
      </p>
      ${this.#said(pending, late)}
    </section>`;
  }

  #said(pending: Pending, late: boolean): TemplateResult {
    const tries = pending.attempts === 1 ? "1 attempt" : `${pending.attempts} attempts`;
    switch (pending.state) {
      case "sending":
      case "waiting":
        return html`<p class="number">
            ${late
              ? html`<strong>${pending.words || "No answer yet."} This page keeps trying</strong> until the alarm is
                  ${pending.sounds ? "saved" : "sent"} or you cancel it: ${tries} in
                  ${counter(Date.now() / 1000 - pending.press.at)}. Keep this page open.`
              : "Waiting for an answer."}
          </p>
          ${this.#choices(html`<button data-testid="try-now" @click=${() => trigger.tryNow()}>
            ${icon("connecting")}Try now
          </button>`)}`;
      case "asking":
        return html`<p>
            <strong>This page stopped trying</strong> while it was closed, asleep or signed out.
            ${store.me ? "Send the alarm now?" : `To send it, ${pending.press.by.name} must sign in here.`}
          </p>
          ${this.#choices(
            store.me
              ? html`<button class="primary" data-testid="send-now" @click=${() => trigger.sendNow()}>
                  Yes, send it now
                </button>`
              : nothing,
          )}`;
      case "refused":
        return html`<p><strong>The alarm was refused.</strong> ${pending.words}</p>
          ${PUT_AWAY}`;
      case "called_off":
        return html`<p>
            ${pending.attempts === 0
              ? "It was not sent."
              : `Tried without an answer: ${tries}. If the alarm did arrive, it will appear here.`}
          </p>
          ${PUT_AWAY}`;
    }
  }

  #choices(first: TemplateResult | typeof nothing): TemplateResult {
    if (!this.sure) {
      return html`<div class="buttons">
        ${first}
        <button class="quiet" data-testid="call-off" @click=${() => (this.sure = true)}>Cancel this alarm</button>
      </div>`;
    }
    const callOff = (): void => {
      this.sure = false;
      trigger.callOff();
    };
    return html`<p><strong>Cancel this alarm? This page will stop sending it.</strong></p>
      <div class="buttons">
        <button class="primary" data-testid="keep-trying" @click=${() => (this.sure = false)}>No, keep sending</button>
        <button data-testid="call-off-confirm" @click=${callOff}>Yes, cancel it</button>
      </div>`;
  }
}

const PUT_AWAY = html`<div class="buttons">
  <button data-testid="put-away" @click=${() => trigger.putAway()}>Understood</button>
</div>`;

/** Return true once the page must no longer look as if everything were fine. */
function isLate(pending: Pending): boolean {
  const first = pending.attempts === 0 || (pending.state === "sending" && pending.attempts === 1);
  return !first || pending.state === "asking" || Date.now() / 1000 - pending.press.at > PATIENCE;
}

function heading(pending: Pending, late: boolean): string {
  switch (pending.state) {
    case "sending":
    case "waiting":
    case "asking":
      if (pending.sounds) return "ALARM IS SOUNDING";
      return late ? "NOT SENT YET" : "SENDING";
    case "refused":
      return "NOT SENT";
    case "called_off":
      return "CANCELLED";
  }
}
