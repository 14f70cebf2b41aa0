/** Says that a press took effect but could not be saved on the gateway's disk, so that somebody repairs the disk. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";

import { StoreObserver } from "../app/observer.js";
import { store } from "../app/store.js";
import { icon } from "./icons.js";
import { line } from "./line-styles.js";
import { base } from "./styles.js";

@customElement("sl-disk-fault")
export class DiskFaultLine extends LitElement {
  static override styles = [base, line];

  constructor() {
    super();
    new StoreObserver(this);
  }

  override render(): TemplateResult | typeof nothing {
    if (!store.diskFails) return nothing;
    const putAway = (): void => {
      store.diskFails = false;
      store.changed();
    };
    return html`<section class="line" data-testid="disk-fault">
      ${icon("delayed")}
      <p role="status">
        Your press took effect, but it could not be saved. Tell district IT now: the gateway\u2019s disk has failed. If
        the gateway restarts, press again.
      </p>
      <div class="buttons"><button @click=${putAway}>Understood</button></div>
    </section>`;
  }
}
