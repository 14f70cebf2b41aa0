/** The whole page. What it shows depends on who is signed in. */

import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { notice } from "../app/notice.js";
import { StoreObserver, told } from "../app/observer.js";
import { store } from "../app/store.js";
import { trigger } from "../app/alarm/trigger.js";
import type { Me } from "../core/protocol.js";
import "./offline.js";
import { base } from "./styles.js";

/** Milliseconds between two attempts to start. */
const RETRY = 2000;

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
      // A waiting trigger cannot be sent before we know who is signed in, so this counts as an attempt to send it.
      trigger.unanswered();
      await this.#pause();
      void this.#begin();
    }
  }

  /** Wait until the next attempt, or until the network is back. */
  #pause(): Promise<unknown> {
    return new Promise((resolve) => {
      setTimeout(resolve, RETRY);
      addEventListener("online", resolve, { once: true });
    });
  }

  override render(): TemplateResult {
    if (this.failure) {
      return html`<sl-offline .failure=${this.failure}></sl-offline>`;
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
