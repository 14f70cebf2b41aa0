/** Shows the limits of re-disclosure before the first picture of a sign-in. */

import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { base } from "../ui/styles.js";

@customElement("sl-notice")
export class Notice extends LitElement {
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
        gap: 18px;
        width: min(560px, 100%);
        padding: 28px;
        border-left: 8px solid var(--warn);
      }
      h1 {
        font-size: 1.375rem;
      }
      p {
        font-size: 1.0625rem;
      }
      button {
        min-height: 56px;
      }
    `,
  ];

  @property() text = "";

  override render(): TemplateResult {
    return html`<main class="panel" data-testid="notice">
      <h1>Before you look</h1>
      <p>${this.text}</p>
      <button class="primary" data-testid="notice-accept" @click=${() => this.dispatchEvent(new Event("accepted"))}>
        I have read this
      </button>
    </main>`;
  }
}
