/** Patrol: one camera large and the plan beside it. One key or one tap to the next camera; few bytes. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import { letterKeys } from "../app/letter-keys.js";
import { StoreObserver } from "../app/observer.js";
import { SiteFocus } from "../app/site-focus.js";
import { store } from "../app/store.js";
import "../ui/banner.js";
import { icon } from "../ui/icons.js";
import "../ui/plan.js";
import { base } from "../ui/styles.js";
import "../ui/tile.js";

const DIGITS = 9;

@customElement("sl-patrol")
export class Patrol extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        min-height: 0;
      }
      main {
        display: grid;
        grid-template: auto minmax(0, 1fr) auto / minmax(0, 1.45fr) minmax(0, 1fr);
        gap: 8px;
        height: 100%;
        padding: 8px;
      }
      .alarms,
      nav {
        grid-column: 1 / -1;
      }
      .view,
      .plan {
        grid-row: 2;
        min-height: 0;
        overflow: hidden;
      }
      .plan {
        display: grid;
      }
      .view {
        --tile-button: 48px;
      }
      .view .empty {
        display: grid;
        place-content: center;
        padding: 24px;
        font-size: 1.125rem;
        text-align: center;
      }
      .view sl-tile,
      .view .empty {
        height: 100%;
      }
      nav {
        grid-row: 3;
        display: grid;
        grid-template-columns: minmax(110px, 1fr) minmax(0, 2fr) auto minmax(110px, 1fr);
        gap: 8px;
      }
      nav button {
        min-height: 72px;
        font-size: 1.25rem;
      }
      nav .keys {
        display: grid;
        gap: 0;
        font-size: 1rem;
        line-height: 1.25;
      }
      nav .now {
        display: grid;
        align-content: center;
        text-align: center;
        overflow: hidden;
        font-size: 1.125rem;
        font-weight: 700;
      }
      nav .now small {
        font-weight: 500;
      }
      @media (orientation: portrait) {
        main {
          grid-template: auto minmax(0, 1fr) minmax(0, 1.1fr) auto / minmax(0, 1fr);
        }
        .plan {
          grid-row: 3;
        }
        nav {
          grid-row: 4;
        }
      }
      @media (max-width: 480px) {
        nav {
          grid-template-columns: 1fr 1fr;
        }
        nav .now {
          display: none;
        }
        nav .keys {
          grid-column: 1 / -1;
          order: 1;
          min-height: 44px;
        }
      }
    `,
  ];

  @state() private current: string | null = null;
  readonly #focus = new SiteFocus(this);
  #alarmed = "";

  constructor() {
    super();
    new StoreObserver(this);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("keydown", this.#key);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("keydown", this.#key);
  }

  override willUpdate(): void {
    const { incident, cameras } = this.#focus;
    const alarm = incident ? `${incident.id} ${incident.alarms}` : "";
    const first = cameras[0]?.id ?? null;
    if (alarm !== "" && alarm !== this.#alarmed) this.current = first;
    this.#alarmed = alarm;
    if (incident && !cameras.some((camera) => camera.id === this.current)) this.current = first;
  }

  override render(): TemplateResult {
    const { incident, cameras, plan, site } = this.#focus;
    const index = cameras.findIndex((camera) => camera.id === this.current);
    const camera = cameras[index];
    const ids = cameras.map((one) => one.id);
    return html`<main>
      ${incident ? html`<div class="alarms"><sl-alarm .incident=${incident}></sl-alarm></div>` : nothing}
      <section class="view" aria-label="Camera">
        ${camera
          ? keyed(camera.id, html`<sl-tile
                .camera=${camera}
                stream="auto"
                .digit=${digitOf(index)}
                @dismiss=${() => (this.current = null)}
              ></sl-tile>`)
          : html`<p class="empty panel">
              No incident is open. At an alarm the nearest camera opens here by itself; cameras that are always on can
              be opened from the plan.
            </p>`}
      </section>
      <section class="plan panel" aria-label="Floor plan">
        <sl-plan
          .plan=${plan}
          .cameras=${site?.cameras ?? []}
          .statuses=${new Map(store.cameras)}
          .shown=${this.current ? [this.current] : []}
          .digits=${ids.slice(0, DIGITS)}
          .origin=${incident?.origin.room ?? null}
          @pick-camera=${(event: CustomEvent<string>) => (this.current = event.detail)}
        ></sl-plan>
      </section>
      <nav aria-label="Cameras">
        <button data-testid="previous" @click=${() => this.#step(-1)}>${icon("previous")}Previous</button>
        <p class="now">
          ${camera?.name ?? "No camera"}
          <small class="muted">${camera ? `${index + 1} of ${cameras.length} \u00b7 ` : ""}arrow keys step</small>
        </p>
        <button
          class="keys"
          data-testid="letter-keys"
          aria-pressed=${letterKeys.on}
          title="Letters and digits as shortcuts on this device"
          @click=${this.#toggleKeys}
        >
          <span>Keys N, P, 1\u20139</span><strong>${letterKeys.on ? "ON" : "OFF"}</strong>
        </button>
        <button data-testid="next" @click=${() => this.#step(1)}>Next${icon("next")}</button>
      </nav>
    </main>`;
  }

  #step(by: number): void {
    const { cameras } = this.#focus;
    const index = cameras.findIndex((camera) => camera.id === this.current);
    const start = index < 0 && by < 0 ? 0 : index;
    this.current = cameras[(start + by + cameras.length) % cameras.length]?.id ?? null;
  }

  readonly #toggleKeys = (): void => {
    letterKeys.toggle();
    this.requestUpdate();
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key.length === 1 && !letterKeys.on) return;
    // Arrows on the plan move the plan.
    if (event.key.startsWith("Arrow") && event.composedPath().some(isMap)) return;
    const step = { ArrowRight: 1, ArrowDown: 1, n: 1, ArrowLeft: -1, ArrowUp: -1, p: -1 }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (step !== undefined) this.#step(step);
    else if (/^[1-9]$/.test(event.key)) this.current = this.#focus.cameras[Number(event.key) - 1]?.id ?? this.current;
    else return;
    event.preventDefault();
  };
}

const digitOf = (index: number): number => (index < DIGITS ? index + 1 : 0);
const isMap = (target: EventTarget): boolean => target instanceof Element && target.classList.contains("map");
