/** Asks what to do if a sign-in link is opened while somebody else is signed in. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { invitation } from "../app/invitation.js";
import { ChangeObserver } from "../app/observer.js";
import { signInByLink } from "../app/sign-in.js";
import { store } from "../app/store.js";
import { ROLE_WORDS } from "../core/labels.js";
import { line } from "./line-styles.js";
import { icon } from "./icons.js";
import { base } from "./styles.js";

@customElement("sl-change-over")
export class ChangeOver extends LitElement {
  static override styles = [base, line];

  @state() private asking = false;
  @state() private failure = "";

  constructor() {
    super();
    new ChangeObserver(this, invitation, () => (this.failure = ""));
  }

  override render(): TemplateResult | typeof nothing {
    const me = store.me?.principal;
    if (!me || (invitation.code === null && !this.failure)) return nothing;
    return html`<section class="line strong" data-testid="change-over" aria-label="A sign-in link was opened">
      ${icon("key")}
      <p>
        <strong>You are signed in as ${me.name}</strong> (${ROLE_WORDS[me.role]}). Somebody opened a sign-in link here.
        Nothing changes until you choose.
        ${this.failure ? html`<span role="alert"><strong>${this.failure}</strong></span>` : nothing}
      </p>
      <div class="buttons">
        <button data-testid="stay-signed-in" @click=${() => this.#stay()}>Stay signed in as ${me.name}</button>
        ${invitation.code === null
          ? nothing
          : html`<button class="primary" data-testid="change-over-button" ?disabled=${this.asking} @click=${this.#change}>
              ${this.asking ? "Signing in" : "Sign in with the new link"}
            </button>`}
      </div>
    </section>`;
  }

  #stay(): void {
    this.failure = "";
    invitation.forget();
    this.requestUpdate();
  }

  readonly #change = async (): Promise<void> => {
    this.asking = true;
    this.failure = await signInByLink();
    this.asking = false;
  };
}
