/** Counts down the last hour of a shift's sign-in. One press extends it. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { StoreObserver, told } from "../app/observer.js";
import { store } from "../app/store.js";
import { api } from "../core/gateway/api.js";
import { counter } from "../core/labels.js";
import { shiftState } from "../core/shift.js";
import { icon } from "./icons.js";
import { line } from "./line-styles.js";
import { base } from "./styles.js";

/** After a press, the page shows the new end for this long (seconds). */
const SAID_FOR = 60;

@customElement("sl-shift")
export class Shift extends LitElement {
  static override styles = [base, line];

  @state() private asking = false;
  @state() private failure = "";
  /** Page time of the press that extended the sign-in. */
  #prolongedAt: number | null = null;

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult | typeof nothing {
    const { me } = store;
    if (!me) return nothing;
    const state = shiftState(me, store.wall());
    const until = html`<strong class="number">${store.timeOfDay(me.expires_at).slice(0, 5)}</strong>`;
    if (state === "carried_on") {
      return quiet(
        state,
        html`An incident is open, so you stay signed in until at least ${until}.`,
      );
    }
    if (state === "quiet") {
      const pressed = this.#prolongedAt !== null && store.now() - this.#prolongedAt <= SAID_FOR;
      return pressed ? quiet("prolonged", html`You are signed in until ${until}.`) : nothing;
    }
    const urgent = state === "urgent";
    return html`<section class="line ${urgent ? "strong" : ""}" data-testid="shift" data-state=${state}>
      ${icon("clock")}
      <p role="status">
        <strong>Your sign-in ends at ${until}.</strong>
        ${me.may_continue_at === null
          ? "You cannot extend it again. Ask for a new sign-in link now."
          : urgent
            ? "Press Stay signed in, or you will be signed out."
            : nothing}
        ${this.failure ? html`<strong>${this.failure}</strong>` : nothing}
      </p>
      <strong class="number" aria-hidden="true">${counter(me.expires_at - store.wall())}</strong>
      ${me.may_continue_at === null ? nothing : this.#button(urgent)}
    </section>`;
  }

  #button(urgent: boolean): TemplateResult {
    return html`<div class="buttons">
      <button class=${urgent ? "primary" : ""} data-testid="go-on" ?disabled=${this.asking} @click=${this.#goOn}>
        ${this.asking ? "Please wait" : "Stay signed in"}
      </button>
    </div>`;
  }

  readonly #goOn = async (): Promise<void> => {
    this.asking = true;
    this.failure = "";
    try {
      store.prolonged(await api.goOn());
      this.#prolongedAt = store.now();
    } catch (error) {
      this.failure = told(error);
    }
    this.asking = false;
  };
}

const quiet = (state: string, words: TemplateResult): TemplateResult =>
  html`<section class="line" data-testid="shift" data-state=${state}>
    ${icon("up")}
    <p role="status">${words}</p>
  </section>`;
