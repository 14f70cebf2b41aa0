/** The end of the shift's sign-in: counted down in its last hour, with one press to go on. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { StoreObserver, told } from "../app/observer.js";
import { store } from "../app/store.js";
import { api } from "../core/api.js";
import { counter, timeOfDay } from "../core/labels.js";
import { shiftState } from "../core/shift.js";
import { icon } from "./icons.js";
import { line } from "./line-styles.js";
import { base } from "./styles.js";

/** So long (seconds) the page says until when the sign-in now goes. */
const SAID_FOR = 60;

@customElement("sl-shift")
export class Shift extends LitElement {
  static override styles = [base, line];

  @state() private asking = false;
  @state() private failure = "";
  /** Page time of the press that prolonged it. */
  #prolongedAt: number | null = null;

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult | typeof nothing {
    const { me } = store;
    if (!me) return nothing;
    const until = timeOfDay(me.expires_at).slice(0, 5);
    const state = shiftState(me, store.wall());
    if (state === "quiet") return this.#quiet(until);
    const urgent = state === "urgent";
    return html`<section class="line ${urgent ? "strong" : ""}" data-testid="shift" data-state=${state}>
      ${icon("clock")}
      <p role="status">
        ${store.carriedOn ? carriedOn(until) : html`<strong>Your sign-in ends at ${until}.</strong>`}
        ${urgent ? "Without a press you are signed out then." : ""}
        ${this.failure ? html`<strong>${this.failure}</strong>` : nothing}
      </p>
      <strong class="number" aria-hidden="true">${counter(me.expires_at - store.wall())}</strong>
      <div class="buttons">
        <button class=${urgent ? "primary" : ""} data-testid="go-on" ?disabled=${this.asking} @click=${this.#goOn}>
          ${this.asking ? "Asking" : "Stay signed in"}
        </button>
      </div>
    </section>`;
  }

  #quiet(until: string): TemplateResult | typeof nothing {
    const pressed = this.#prolongedAt !== null && store.now() - this.#prolongedAt <= SAID_FOR;
    if (!pressed && !store.carriedOn) return nothing;
    return html`<section class="line" data-testid="shift" data-state=${pressed ? "prolonged" : "carried_on"}>
      ${icon("up")}
      <p role="status">
        ${pressed ? html`You are signed in until <strong class="number">${until}</strong>.` : carriedOn(until)}
      </p>
    </section>`;
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

const carriedOn = (until: string): TemplateResult =>
  html`Your shift is over and its incident is not: <strong>you stay signed in</strong> for an hour after its end, now until
    <strong class="number">${until}</strong>.`;
