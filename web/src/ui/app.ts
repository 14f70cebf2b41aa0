/** The whole page: who is signed in decides what is shown. */

import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { notice } from "../app/notice.js";
import { StoreObserver, told } from "../app/observer.js";
import { store } from "../app/store.js";
import type { Me } from "../core/protocol.js";
import "./pending.js";
import { base } from "./styles.js";

@customElement("sl-app")
export class App extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        height: 100%;
      }
      .page {
        display: grid;
        grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
        height: 100%;
      }
      .error,
      .beginning {
        margin: 24px;
      }
    `,
  ];

  @state() private begun = false;
  @state() private failure = "";
  @state() private reason = "";

  constructor() {
    super();
    new StoreObserver(this);
    store.addEventListener("signed-out", (event) => (this.reason = (event as CustomEvent<string>).detail));
    void this.#begin();
  }

  async #begin(): Promise<void> {
    try {
      await store.begin();
      this.failure = "";
      this.begun = true;
    } catch (error) {
      this.failure = told(error);
      setTimeout(() => void this.#begin(), 2000);
    }
  }

  override render(): TemplateResult {
    if (this.failure) {
      return html`<p class="error" role="alert">${this.failure} This page keeps trying.</p>
        <sl-pending class="beginning"></sl-pending>`;
    }
    if (!this.begun) return html``;
    const { me } = store;
    if (!me) return html`<sl-sign-in .reason=${this.reason}></sl-sign-in>`;
    if (me.principal.sees_pictures && !notice.wasAccepted(me.principal)) {
      const accept = (): void => {
        notice.accept(me.principal);
        this.requestUpdate();
      };
      return html`<sl-notice .text=${me.notice} @accepted=${accept}></sl-notice>`;
    }
    return html`<div class="page"><sl-header></sl-header>${pageOf(me)}</div>`;
  }
}

function pageOf(me: Me): TemplateResult {
  switch (me.principal.role) {
    case "dispatcher":
    case "headquarters":
      return html`<sl-dispatcher></sl-dispatcher>`;
    case "patrol":
      return html`<sl-patrol></sl-patrol>`;
    case "coordinator":
      return html`<sl-coordinator></sl-coordinator>`;
    case "district_it":
      return html`<sl-district-it></sl-district-it>`;
    case "auditor":
      return html`<sl-auditor></sl-auditor>`;
  }
}
