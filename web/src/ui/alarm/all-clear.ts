/** Ends or extends an incident. All clear asks for a second press, because it ends every picture at once. */

import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { told } from "../../app/observer.js";
import { store } from "../../app/store.js";
import { api } from "../../core/gateway/api.js";
import type { Incident } from "../../core/protocol.js";
import { KIND_WORDS } from "./banner.js";
import { icon } from "../icons.js";
import { base } from "../styles.js";

@customElement("sl-all-clear")
export class AllClear extends LitElement {
  static override styles = [
    base,
    css`
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      button {
        min-height: 48px;
      }
      dialog {
        width: min(480px, calc(100vw - 32px));
        padding: 24px;
        border: 2px solid var(--line-strong);
        border-radius: 10px;
        background: var(--panel);
        color: var(--text);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 0.65);
      }
      dialog h3 {
        font-size: 1.25rem;
        margin-bottom: 8px;
      }
      dialog .buttons {
        margin-top: 20px;
        justify-content: flex-end;
      }
    `,
  ];

  @property({ attribute: false }) incident!: Incident;
  /** True if this person may give all clear. Anybody at the school or the police may extend. */
  @property({ type: Boolean, attribute: false }) mayEnd = true;
  @state() private failure = "";
  @query("dialog") private dialog!: HTMLDialogElement;

  /** Close the question when a new alarm arrives. It was about the earlier alarms, and hides the new one, which must not
   *  end unseen. */
  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("incident");
    if (before === undefined || before.alarms === this.incident.alarms || !this.dialog.open) return;
    this.dialog.close();
    this.failure = "There is a new alarm. All clear was not sent. Look at the new alarm first.";
  }

  override render(): TemplateResult {
    return html`
      <div class="buttons">
        <button data-testid="extend" @click=${() => this.#do(() => api.extend(this.incident.id))}>
          ${icon("clock")}Extend
        </button>
        ${this.mayEnd
          ? html`<button data-testid="all-clear" @click=${this.#ask}>${icon("up")}All clear</button>`
          : nothing}
      </div>
      ${this.failure ? html`<p class="error" role="alert">${this.failure}</p>` : nothing}
      <dialog aria-labelledby="ask">
        <h3 id="ask">All clear at ${this.incident.site_name}?</h3>
        <p>
          This ends the incident (${KIND_WORDS[this.incident.kind][0]}) for everyone. Police lose access to the cameras within a
          second. A new alarm starts a new incident.
        </p>
        <div class="buttons">
          <button autofocus @click=${() => this.dialog.close()}>Keep it open</button>
          <button class="primary" data-testid="all-clear-confirm" @click=${this.#clear}>Yes, all clear</button>
        </div>
      </dialog>
    `;
  }

  readonly #ask = (): void => {
    this.failure = "";
    this.dialog.showModal();
  };

  readonly #clear = (): void => {
    this.dialog.close();
    const { id, alarms } = this.incident;
    void this.#do(() => api.allClear(id, alarms));
  };

  async #do(change: () => Promise<Incident>): Promise<void> {
    this.failure = "";
    try {
      await store.answer(change);
    } catch (error) {
      this.failure = told(error);
    }
  }
}
