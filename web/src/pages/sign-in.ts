/** Signs in with an invitation's code. Only a press redeems the code, so that a link scanner cannot use it up. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { invitation } from "../app/invitation.js";
import { ChangeObserver } from "../app/observer.js";
import { signInByLink } from "../app/sign-in.js";
import "../ui/alarm/pending.js";
import { base } from "../ui/styles.js";

@customElement("sl-sign-in")
export class SignIn extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 16px;
        min-height: 100%;
        padding: 24px 16px;
      }
      main,
      sl-pending {
        width: min(440px, calc(100vw - 32px));
      }
      main {
        display: grid;
        gap: 16px;
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
  @state() private asking = false;
  @state() private failure = "";

  constructor() {
    super();
    new ChangeObserver(this, invitation);
  }

  override render(): TemplateResult {
    return html`<sl-pending></sl-pending>
      <main class="panel" data-testid="sign-in">
        <div>
          <h1>Sightline</h1>
          <p class="muted">School cameras for an emergency.</p>
        </div>
        ${this.reason ? html`<p role="status">${this.reason}</p>` : nothing}
        ${this.failure ? html`<p class="error" role="alert">${this.failure}</p>` : nothing}
        ${invitation.code ? this.#invited() : this.#uninvited()}
      </main>`;
  }

  #invited(): TemplateResult {
    return html`<p>This link is for you only and works once. It signs in this device for one shift.</p>
      <button class="primary" data-testid="sign-in-button" ?disabled=${this.asking} @click=${this.#redeem}>
        ${this.asking ? "Signing in" : "Sign in on this device"}
      </button>`;
  }

  #uninvited(): TemplateResult {
    return html`${invitation.lost
        ? html`<p role="status">
            <strong>Open your sign-in link again.</strong> This page was reloaded and does not keep the link. The link
            still works if nobody has used it.
          </p>`
        : nothing}
      <p>
        To sign in, open your sign-in link on this device or scan its QR code. Each link works once.
      </p>
      <p>
        No link? Police: ask your communications centre. Schools: ask district IT. They make a link with
        <code>sightline invite</code>.
      </p>`;
  }

  readonly #redeem = async (): Promise<void> => {
    this.asking = true;
    this.failure = await signInByLink();
    this.asking = false;
  };
}
