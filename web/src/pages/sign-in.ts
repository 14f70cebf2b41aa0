/** Sign-in by an invitation's code in the address. It is redeemed on a press, so that a link scanner burns nothing. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { told } from "../app/observer.js";
import { store } from "../app/store.js";
import { Problem, api } from "../core/api.js";
import { base } from "../ui/styles.js";

const INVITATION = /^#invite=(.+)$/;

@customElement("sl-sign-in")
export class SignIn extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        place-items: center;
        min-height: 100%;
        padding: 24px 16px;
      }
      main {
        display: grid;
        gap: 16px;
        width: min(440px, 100%);
        padding: 28px;
      }
      h1 {
        font-size: 1.625rem;
        line-height: 1.2;
      }
      button {
        min-height: 56px;
        font-size: 1.0625rem;
      }
    `,
  ];

  /** Why the last sign-in ended. */
  @property() reason = "";
  @state() private code = INVITATION.exec(location.hash)?.[1] ?? null;
  @state() private asking = false;
  @state() private failure = "";

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("hashchange", this.#read);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.#read);
  }

  override render(): TemplateResult {
    return html`<main class="panel" data-testid="sign-in">
      <div>
        <h1>Sightline</h1>
        <p class="muted">School cameras, for the time of an emergency.</p>
      </div>
      ${this.reason ? html`<p role="status">${this.reason}</p>` : nothing}
      ${this.failure ? html`<p class="error" role="alert">${this.failure}</p>` : nothing}
      ${this.code ? this.#invited() : this.#uninvited()}
    </main>`;
  }

  #invited(): TemplateResult {
    return html`<p>This link is yours alone, and works once. It signs this device in for one shift.</p>
      <button class="primary" data-testid="sign-in-button" ?disabled=${this.asking} @click=${this.#redeem}>
        ${this.asking ? "Signing in" : "Sign in on this device"}
      </button>`;
  }

  #uninvited(): TemplateResult {
    return html`<p>
        To sign in, open the sign-in link that was made for you, or scan its QR code, on this device. A link works once.
      </p>
      <p>
        No link? Ask your Sightline administrator: the communications centre for police, the district\u2019s IT for
        schools. They make one at the gateway with <code>sightline invite</code>.
      </p>`;
  }

  readonly #read = (): void => {
    this.code = INVITATION.exec(location.hash)?.[1] ?? null;
  };

  readonly #redeem = async (): Promise<void> => {
    if (this.code === null) return;
    this.asking = true;
    this.failure = "";
    try {
      const me = await api.redeem(decodeURIComponent(this.code));
      this.#forget();
      await store.signedIn(me);
    } catch (error) {
      const refused = error instanceof Problem && error.status === 401;
      this.failure = refused ? `${error.message} Ask for a new link.` : told(error);
      if (refused) this.#forget();
    }
    this.asking = false;
  };

  /** A used code has no place in the address or the history. */
  #forget(): void {
    this.code = null;
    history.replaceState(null, "", location.pathname);
  }
}
