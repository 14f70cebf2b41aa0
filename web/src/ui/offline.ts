/** Shown if the page is loaded while the gateway does not answer: it says that nothing is live, and what to do. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { lastRole } from "../app/last-role.js";
import { ChangeObserver } from "../app/observer.js";
import { trigger } from "../app/alarm/trigger.js";
import { unsent } from "../core/alarm/pending.js";
import { call911, callStyles } from "./alarm/call-911.js";
import { icon } from "./icons.js";
import "./alarm/pending.js";
import { base } from "./styles.js";

@customElement("sl-offline")
export class Offline extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      :host {
        display: grid;
        gap: 16px;
        max-width: 640px;
        margin: 0 auto;
        padding: 24px 16px;
      }
      section {
        display: grid;
        gap: 12px;
        padding: 16px;
        border: 4px dashed var(--bad);
        border-radius: 10px;
        background: var(--panel);
      }
      h1 {
        display: flex;
        align-items: center;
        gap: 10px;
        font-size: clamp(1.75rem, 5vw, 3rem);
        font-weight: 850;
        line-height: 1.15;
      }
      p {
        font-size: 1.25rem;
      }
    `,
  ];

  /** Why there is no answer from the gateway. */
  @property() failure = "";

  constructor() {
    super();
    new ChangeObserver(this, trigger);
  }

  override render(): TemplateResult {
    const waits = unsent(trigger.current);
    return html`<sl-pending></sl-pending>
      <section role="alert" data-testid="offline">
        <h1>${icon("connecting")}<span>NO CONNECTION</span></h1>
        <p><strong>Nothing here is live.</strong> This page shows no pictures and gets no alarms.</p>
        ${waits ? nothing : whatToDo()}
        <p>${this.failure} This page keeps trying by itself.</p>
      </section>`;
  }
}

/** Show words for the role that was last signed in here. Only the school's own people get a 911 button, because the others
 *  are the ones who answer 911. */
function whatToDo(): TemplateResult {
  switch (lastRole()) {
    case "dispatcher":
    case "headquarters":
    case "patrol":
      return html`<p><strong>Use radio and telephone</strong> until the connection is back.</p>`;
    case "district_it":
    case "auditor":
      return html``;
    default:
      return html`<p><strong>In danger? You cannot send an alarm from here now.</strong></p>
        ${call911("Call 911")}`;
  }
}
