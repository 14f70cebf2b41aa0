/** The bar above every page: the district, the connection to the gateway, and who is signed in. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { StoreObserver, told } from "../app/observer.js";
import { store } from "../app/store.js";
import { theme } from "../app/theme.js";
import { Problem, api } from "../core/gateway/api.js";
import { ROLE_WORDS } from "../core/labels.js";
import type { IncidentKind, Role } from "../core/protocol.js";
import "./change-over.js";
import "./clock-step.js";
import "./disk-fault.js";
import { icon } from "./icons.js";
import { line } from "./line-styles.js";
import "./shift.js";
import "./alarm/sound.js";
import { base } from "./styles.js";

const KIND: Readonly<Record<IncidentKind, string>> = { real: "A REAL incident", drill: "A DRILL", test: "A TEST" };

/** The roles that work with the gateway's times. District IT is not among them: its own page reports when somebody sets the
 *  clock. */
const CLOCK: ReadonlySet<Role> = new Set(["dispatcher", "headquarters", "coordinator"]);

@customElement("sl-header")
export class Header extends LitElement {
  static override styles = [
    base,
    line,
    css`
      header {
        display: flex;
        align-items: center;
        gap: 6px 16px;
        min-height: 48px;
        padding: 4px 12px;
        background: var(--panel);
        border-bottom: 1px solid var(--line);
      }
      .brand {
        font-size: 1.0625rem;
        font-weight: 800;
      }
      .district {
        overflow: hidden;
        white-space: nowrap;
        text-overflow: ellipsis;
      }
      .link {
        display: inline-flex;
        align-items: center;
        gap: 0.4em;
        margin-left: auto;
        font-weight: 600;
        white-space: nowrap;
      }
      .link.lost {
        padding: 2px 8px;
        border: 2px dashed var(--bad);
        border-radius: 4px;
        color: var(--bad);
      }
      .who {
        text-align: right;
        line-height: 1.2;
        white-space: nowrap;
      }
      .who span {
        display: block;
        font-size: 0.8125rem;
      }
      @media (max-width: 900px) {
        .district,
        .who span,
        .words {
          display: none;
        }
        header {
          gap: 4px 8px;
        }
      }
      @media (max-width: 480px) {
        .who,
        .lost + .number {
          display: none;
        }
      }
    `,
  ];

  /** True if somebody pressed sign-out while an incident is open. */
  @state() private leaving = false;
  @state() private failure = "";
  @query("[data-testid=stay]") private stay?: HTMLButtonElement;

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult {
    const me = store.me;
    const reachable = store.reachable();
    return html`<header>
        <span class="brand">Sightline</span>
        <button
          class="quiet"
          @click=${() => theme.toggle()}
          title="Day or night colours"
          aria-label="Change between day and night"
        >
          ${icon(theme.current === "night" ? "sun" : "moon")}
        </button>
        <sl-sound></sl-sound>
        <span class="district muted">${me?.district}</span>
        <span class="link ${reachable ? "" : "lost"}" data-testid="connection" role="status">
          ${icon(reachable ? "up" : "connecting")}
          ${reachable
            ? html`<span class="words">Connected</span>`
            : html`<span>No connection<span class="words">, trying again</span></span>`}
        </span>
        <span class="number muted">${store.timeOfDay(store.wall())}</span>
        <span class="who"
          ><strong>${me?.principal.name}</strong><span class="muted">${me ? ROLE_WORDS[me.principal.role] : ""}</span>
        </span>
        <button class="quiet" data-testid="sign-out" @click=${this.#ask} title="Sign out" aria-label="Sign out">
          ${icon("out")}<span class="words">Sign out</span>
        </button>
      </header>
      ${this.leaving || this.failure ? this.#question() : nothing}
      <sl-change-over></sl-change-over>
      <sl-shift></sl-shift>
      ${me && CLOCK.has(me.principal.role) ? html`<sl-clock-step></sl-clock-step>` : nothing}
      <sl-disk-fault></sl-disk-fault>`;
  }

  /** Show the question. Its answers are on the left, away from the button that was pressed. */
  #question(): TemplateResult {
    const [incident] = store.open();
    return html`<section class="line strong" data-testid="leaving" @keydown=${this.#escape}>
      ${icon("out")}
      <div class="buttons">
        <button data-testid="stay" @click=${this.#close}>Stay signed in</button>
        <button data-testid="sign-out-confirm" @click=${this.#leave}>Yes, sign out</button>
      </div>
      <p role="alert">
        ${incident
          ? html`<strong>${KIND[incident.kind]} at ${incident.site_name} is open. Sign out anyway?</strong> This device
              will then show no pictures and get no alarms.`
          : nothing}
        ${this.failure ? html`<strong>You are still signed in.</strong> ${this.failure}` : nothing}
      </p>
    </section>`;
  }

  readonly #escape = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.#close();
  };

  readonly #close = (): void => {
    this.leaving = false;
    this.failure = "";
  };

  readonly #ask = async (): Promise<void> => {
    if (store.open().length === 0) {
      await this.#leave();
      return;
    }
    this.leaving = true;
    await this.updateComplete;
    this.stay?.focus();
  };

  readonly #leave = async (): Promise<void> => {
    this.failure = "";
    try {
      await api.signOut();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) {
        this.failure = told(error);
        return;
      }
    }
    store.signedOut("You have signed out.");
  };
}
