/** Says whether a police page can sound an alarm: a bar while the browser mutes it, and a control to test it. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { alarm } from "../../app/alarm/alarm.js";
import { StoreObserver } from "../../app/observer.js";
import { icon } from "../icons.js";
import { base } from "../styles.js";

/** The bar above the page's content. It goes away when somebody presses anything. */
@customElement("sl-sound-off")
export class SoundOff extends LitElement {
  static override styles = [
    base,
    css`
      button,
      p {
        width: 100%;
        min-height: 56px;
        border: 3px dashed #14181c;
        border-radius: 8px;
        background: #ffd500;
        color: #14181c;
        font-size: 1.0625rem;
        white-space: normal;
      }
      button:hover {
        background: #ffe566;
      }
      p {
        padding: 8px 14px;
        font-weight: 600;
      }
    `,
  ];

  constructor() {
    super();
    new StoreObserver(this);
  }

  override render(): TemplateResult {
    switch (alarm.sound) {
      case "off":
        return html`<button data-testid="sound-off" @click=${() => alarm.turnOn()}>
          ${icon("muted")}<span>Sound is off on this page: press to turn it on</span>
        </button>`;
      case "missing":
        return html`<p data-testid="sound-off" role="status">${icon("muted")} This browser cannot sound an alarm. Use another browser.</p>`;
      default:
        return html``;
    }
  }
}

/** The control in the header: shows whether the sound is on, plays a test sound, and turns on system notifications. */
@customElement("sl-sound")
export class SoundControl extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        position: relative;
      }
      .menu {
        position: absolute;
        z-index: 20;
        top: calc(100% + 6px);
        left: 0;
        display: grid;
        gap: 10px;
        width: 300px;
        padding: 14px;
        box-shadow: 0 6px 24px rgb(0 0 0 / 0.35);
      }
      .menu button {
        min-height: 48px;
        white-space: normal;
      }
      @media (max-width: 600px) {
        .menu {
          position: fixed;
          inset: 56px 8px auto;
          width: auto;
        }
      }
    `,
  ];

  @state() private unfolded = false;

  constructor() {
    super();
    new StoreObserver(this);
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.unfolded = false;
    });
    this.addEventListener("focusout", (event) => {
      if (!(event.relatedTarget instanceof Node && this.contains(event.relatedTarget))) this.unfolded = false;
    });
  }

  override render(): TemplateResult {
    const { sound } = alarm;
    if (sound === null) return html``;
    const words = sound === "on" ? "Sound is on" : "Sound is off";
    return html`<button
        class="quiet"
        data-testid="sound"
        aria-expanded=${this.unfolded}
        title="${words}: test it"
        aria-label="${words}. Sound and notifications"
        @click=${() => (this.unfolded = !this.unfolded)}
      >
        ${icon(sound === "on" ? "sound" : "muted")}
      </button>
      ${this.unfolded ? this.#menu(words) : nothing}`;
  }

  #menu(words: string): TemplateResult {
    return html`<div class="menu panel" role="group" aria-label="Sound and notifications">
      <p><strong>${words} for this page.</strong> An alarm sounds until somebody at the police acknowledges it.</p>
      <button data-testid="test-sound" @click=${() => alarm.chime()}>${icon("sound")}Play a test sound</button>
      ${this.#notifications()}
    </div>`;
  }

  #notifications(): TemplateResult {
    switch (alarm.notifications) {
      case "default":
        return html`<button data-testid="notifications" @click=${() => void alarm.allowNotifications()}>
          ${icon("bell")}Also notify me when this page is hidden
        </button>`;
      case "granted":
        return html`<p class="muted">Alarms also notify you when this page is hidden.</p>`;
      case "denied":
        return html`<p class="muted">This browser blocks notifications from this page. You can allow them in its settings.</p>`;
      case "missing":
        return html``;
    }
  }
}
