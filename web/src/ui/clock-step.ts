/** Tells people who work with the gateway's times that its clock was set: times before and after cannot be compared. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";

import { StoreObserver } from "../app/observer.js";
import { store } from "../app/store.js";
import { clockStep } from "../core/labels.js";
import { icon } from "./icons.js";
import { line } from "./line-styles.js";
import { base } from "./styles.js";

@customElement("sl-clock-step")
export class ClockStepLine extends LitElement {
  static override styles = [base, line];

  constructor() {
    super();
    new StoreObserver(this);
  }

  override render(): TemplateResult | typeof nothing {
    const [latest] = store.clockSteps;
    if (!latest) return nothing;
    const putAway = (): void => {
      store.clockSteps = [];
      store.changed();
    };
    return html`<section class="line" data-testid="clock-step">
      ${icon("clock")}
      <p role="status">${clockStep(latest.by, store.timeOfDay(latest.at))} The ages of pictures are still right.</p>
      <div class="buttons"><button @click=${putAway}>Understood</button></div>
    </section>`;
  }
}
