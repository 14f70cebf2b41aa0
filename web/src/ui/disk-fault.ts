/** What was pressed holds, and the gateway's disk did not take it: somebody has to see to the disk. */

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
        What you pressed holds. The gateway\u2019s disk did not take it: tell district IT now. After a crash of the gateway it
        would have to be pressed again.
      </p>
      <div class="buttons"><button @click=${putAway}>Understood</button></div>
    </section>`;
  }
}
