/** The bar above every page: where you are, whether the gateway is there, who you are. */

import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";

import { StoreObserver } from "../app/observer.js";
import { store } from "../app/store.js";
import { theme } from "../app/theme.js";
import { api } from "../core/api.js";
import { timeOfDay } from "../core/labels.js";
import type { Role } from "../core/protocol.js";
import { icon } from "./icons.js";
import { base } from "./styles.js";

export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  dispatcher: "Dispatcher",
  headquarters: "Headquarters",
  patrol: "Patrol",
  coordinator: "School coordinator",
  district_it: "District IT",
  auditor: "Auditor",
};

@customElement("sl-header")
export class Header extends LitElement {
  static override styles = [
    base,
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
        .who {
          display: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult {
    const me = store.me;
    const reachable = store.reachable();
    return html`<header>
      <span class="brand">Sightline</span>
      <span class="district muted">${me?.district}</span>
      <span class="link ${reachable ? "" : "lost"}" data-testid="connection" role="status">
        ${icon(reachable ? "up" : "connecting")}
        ${reachable ? html`<span class="words">Connected</span>` : "Gateway out of reach, trying again"}
      </span>
      <span class="number muted">${timeOfDay(store.wall())}</span>
      <span class="who"
        ><strong>${me?.principal.name}</strong><span class="muted">${me ? ROLE_WORDS[me.principal.role] : ""}</span>
      </span>
      <button class="quiet" @click=${() => theme.toggle()} title="Day or night" aria-label="Change between day and night">
        ${icon(theme.current === "night" ? "sun" : "moon")}
      </button>
      <button class="quiet" data-testid="sign-out" @click=${this.#leave} title="Sign out" aria-label="Sign out">
        ${icon("out")}<span class="words">Sign out</span>
      </button>
    </header>`;
  }

  readonly #leave = async (): Promise<void> => {
    try {
      await api.signOut();
    } finally {
      store.signedOut("You have signed out.");
    }
  };
}
