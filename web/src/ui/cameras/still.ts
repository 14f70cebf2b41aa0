/** A still picture with the time when it was taken, so that nobody mistakes it for a live one. */

import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { StoreObserver, told } from "../../app/observer.js";
import { store } from "../../app/store.js";
import { api } from "../../core/gateway/api.js";
import { span } from "../../core/labels.js";
import type { CameraStatus } from "../../core/protocol.js";
import { icon } from "../icons.js";
import { base } from "../styles.js";

@customElement("sl-still")
export class Still extends LitElement {
  static override styles = [
    base,
    css`
      figure {
        display: grid;
        gap: 8px;
        margin: 0;
        padding: 10px;
        width: fit-content;
        max-width: 100%;
      }
      canvas {
        max-width: min(640px, 100%);
        height: auto;
        background: #000;
      }
      figcaption {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 12px;
      }
      figcaption button {
        margin-left: auto;
      }
    `,
  ];

  @property({ attribute: false }) camera!: CameraStatus;
  @state() private capturedAt: number | null = null;
  @state() private failure = "";
  @query("canvas") private canvas!: HTMLCanvasElement;

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override updated(changed: PropertyValues<this>): void {
    const before = changed.get("camera");
    if (changed.has("camera") && before?.id !== this.camera.id) void this.#load();
  }

  override render(): TemplateResult {
    return html`<figure class="panel">
      <figcaption>
        <strong>${this.camera.name}</strong>
        ${this.capturedAt !== null
          ? html`<span class="number">
              ${icon("still")} STILL, not live. Taken at ${store.timeOfDay(this.capturedAt)},
              ${span(store.wall() - this.capturedAt)} ago
            </span>`
          : nothing}
        <button @click=${() => this.dispatchEvent(new Event("dismiss"))}>${icon("close")}Close</button>
      </figcaption>
      ${this.failure ? html`<p class="error" role="alert">${this.failure}</p>` : nothing}
      <canvas width="640" height="360" ?hidden=${this.capturedAt === null} role="img"
        aria-label="Still picture of ${this.camera.name}"></canvas>
    </figure>`;
  }

  async #load(): Promise<void> {
    const { id } = this.camera;
    this.capturedAt = null;
    this.failure = "";
    try {
      const { picture, capturedAt } = await api.still(id);
      if (id !== this.camera.id) return;
      this.canvas.width = picture.width;
      this.canvas.height = picture.height;
      this.canvas.getContext("2d")?.drawImage(picture, 0, 0);
      this.capturedAt = capturedAt;
    } catch (error) {
      this.failure = told(error);
    }
  }
}
