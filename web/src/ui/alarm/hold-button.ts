/** A button that acts only after somebody holds it for two seconds, with the pointer, Space or Enter. A bar
 *  shows the progress. */

import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { base } from "../styles.js";

const HOLD = 2000;

@customElement("sl-hold")
export class HoldButton extends LitElement {
  static override styles = [
    base,
    css`
      button {
        position: relative;
        width: 100%;
        min-height: 132px;
        padding: 12px 12px 26px;
        overflow: hidden;
        border: 3px solid;
        border-radius: 14px;
        background: #a3080d;
        color: #fff;
        font-size: 1.375rem;
        user-select: none;
        -webkit-user-select: none;
        touch-action: none;
      }
      button:hover {
        background: #a3080d;
      }
      :host([kind="drill"]) button {
        background: #0b3a66;
        border-style: dashed;
      }
      :host([kind="test"]) button {
        background: #3a424a;
        border-style: dotted;
      }
      progress {
        position: absolute;
        inset: auto 0 0;
        width: 100%;
        height: 18px;
        border: 0;
        appearance: none;
        background: rgb(0 0 0 / 0.35);
      }
      progress::-webkit-progress-bar {
        background: transparent;
      }
      progress::-webkit-progress-value {
        background: #fff;
      }
      progress::-moz-progress-bar {
        background: #fff;
      }
      p {
        padding-top: 8px;
        font-weight: 650;
      }
    `,
  ];

  @property() kind = "real";
  @property({ type: Boolean }) disabled = false;
  @state() private share = 0;
  /** Why nothing was sent, for example because somebody let go too early. A tap does nothing, and the page must say so. */
  @state() private why = "";
  #since: number | null = null;
  /** Where the button was when it was pressed. It may move under the finger when the page shows something new. That does
   *  not end the hold. */
  #pressedAt: DOMRect | null = null;

  /** End the hold if the button now sends something else. A hold sends what it started with, or nothing: a drill must not
   *  turn into a real alarm under the finger. */
  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("kind") && this.#since !== null) {
      this.#stop();
      this.why = "Not sent. This button now sends something else. Look at it, then hold again.";
    }
  }

  override render(): TemplateResult {
    return html`<button
      data-testid="hold-to-trigger"
      ?disabled=${this.disabled}
      @pointerdown=${this.#press}
      @pointerup=${this.#release}
      @pointermove=${this.#move}
      @pointercancel=${this.#release}
      @blur=${this.#release}
      @keydown=${this.#keyDown}
      @keyup=${this.#release}
      @contextmenu=${(event: Event) => event.preventDefault()}
    >
      <slot></slot>
      <progress max="1" .value=${this.share} aria-label="Hold progress"></progress>
    </button>
    <div role="status">${this.why ? html`<p>${this.why}</p>` : nothing}</div>`;
  }

  readonly #press = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const button = event.currentTarget as HTMLElement;
    button.setPointerCapture(event.pointerId);
    this.#pressedAt = button.getBoundingClientRect();
    this.#begin();
  };

  /** End the hold if the finger slides off the button. */
  readonly #move = (event: PointerEvent): void => {
    const at = this.#pressedAt;
    if (this.#since === null || !at) return;
    const inside = event.clientX >= at.left && event.clientX <= at.right && event.clientY >= at.top && event.clientY <= at.bottom;
    if (!inside) this.#release();
  };

  readonly #keyDown = (event: KeyboardEvent): void => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (event.repeat) return;
    this.#pressedAt = null;
    this.#begin();
  };

  #begin(): void {
    this.why = "";
    this.#since = performance.now();
    requestAnimationFrame(this.#advance);
  }

  readonly #release = (): void => {
    if (this.#since !== null && this.share < 1) this.why = "Not sent. Keep holding until the bar is full.";
    this.#stop();
  };

  #stop(): void {
    this.#since = null;
    this.share = 0;
  }

  readonly #advance = (): void => {
    if (this.#since === null) return;
    this.share = Math.min(1, (performance.now() - this.#since) / HOLD);
    if (this.share < 1) {
      requestAnimationFrame(this.#advance);
      return;
    }
    this.#release();
    this.dispatchEvent(new Event("held"));
  };
}
