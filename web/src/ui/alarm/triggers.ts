/** Shows the newest triggers of one incident: when, where and by whom, with the note. One press shows all of them in full. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { StoreObserver } from "../../app/observer.js";
import { store } from "../../app/store.js";
import { mayView } from "../../core/may-view.js";
import { UNKNOWN_ROOM, placeKey, places } from "../../core/alarm/places.js";
import type { Incident, Trigger } from "../../core/protocol.js";
import { icon } from "../icons.js";
import { base } from "../styles.js";

/** More triggers would push the pictures off the screen. */
const SHOWN = 2;

@customElement("sl-triggers")
export class Triggers extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        color: inherit;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 20px;
        max-height: 34vh;
        margin: -3px;
        overflow: auto;
        padding: 3px;
      }
      li {
        display: flex;
        flex: 1 1 340px;
        align-items: center;
        gap: 4px 10px;
        min-width: 0;
      }
      .words {
        flex: 0 1 auto;
        min-width: 0;
        line-height: 1.25;
      }
      .number {
        font-weight: 650;
      }
      strong {
        font-weight: 800;
      }
      .place {
        display: inline-block;
        min-width: 1.5em;
        padding: 0 0.35em;
        border-radius: 0.75em;
        background: #fff;
        color: #14181c;
        font-weight: 800;
        text-align: center;
      }
      .folded .words {
        display: -webkit-box;
        overflow: hidden;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
      }
      button {
        flex: none;
        min-height: var(--trigger-button, 32px);
        border-color: #fff;
        background: rgb(0 0 0 / 0.35);
        color: #fff;
        font-size: 0.875rem;
      }
      button:hover {
        background: rgb(0 0 0 / 0.6);
      }
      @media (pointer: coarse) {
        button {
          min-height: var(--trigger-button, 48px);
        }
      }
      @media (max-width: 1100px) {
        .folded .words {
          -webkit-line-clamp: 3;
        }
      }
      @media (max-width: 600px) {
        .folded .words {
          -webkit-line-clamp: 4;
        }
        li {
          flex-basis: 100%;
          justify-content: space-between;
        }
      }
    `,
  ];

  @property({ attribute: false }) incident!: Incident;
  @state() private all = false;
  /** True if words are cut off while folded. A note may say how many attackers there are, and their weapons. */
  @state() private cut = false;
  readonly #size = new ResizeObserver(() => this.#measure());

  constructor() {
    super();
    new StoreObserver(this);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#size.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#size.disconnect();
  }

  override updated(): void {
    this.#measure();
  }

  #measure(): void {
    const words = [...this.renderRoot.querySelectorAll(".words")];
    this.cut = !this.all && words.some((one) => one.scrollHeight > one.clientHeight + 1);
  }

  override render(): TemplateResult {
    const { triggers } = this.incident;
    const found = places(this.incident);
    const numbers = new Map(found.length > 1 ? found.map((place) => [place.key, place.number]) : []);
    const more = triggers.length - SHOWN;
    return html`<ul class=${this.all ? "" : "folded"} data-testid="triggers" aria-label="Triggers, the newest first">
      ${(this.all ? triggers : triggers.slice(0, SHOWN)).map((one) => this.#trigger(one, numbers.get(placeKey(one))))}
      ${more > 0 || this.cut || this.all
        ? html`<li class="more">
            <button data-testid="more-triggers" aria-expanded=${this.all} @click=${() => (this.all = !this.all)}>
              ${this.all ? "Show less" : more > 0 ? `${more} earlier trigger${more === 1 ? "" : "s"}` : "Read in full"}
            </button>
          </li>`
        : nothing}
    </ul>`;
  }

  #trigger(one: Trigger, number: number | undefined): TemplateResult {
    const room = one.room_name ?? UNKNOWN_ROOM;
    return html`<li data-testid="trigger" data-room=${one.room ?? ""}>
      <span class="words">
        ${number ? html`<span class="place" title="Number on the plan">${number}</span>` : nothing}
        <span class="number">${store.timeOfDay(one.at)}</span>${number ? html` \u00b7 <strong>${room}</strong>` : nothing}
        \u00b7 ${one.note ? html`\u201c${one.note}\u201d \u00b7 ` : nothing}${one.by}
      </span>
      ${this.#cameras(one, room)}
    </li>`;
  }

  #cameras({ nearest }: Trigger, room: string): TemplateResult | typeof nothing {
    const open = store.open(this.incident.site);
    const seen = nearest.filter((id) => {
      const camera = store.camera(id);
      return camera && mayView(camera, open, store.me?.principal ?? null);
    });
    if (seen.length === 0) return nothing;
    const show = (): boolean =>
      this.dispatchEvent(new CustomEvent("open-cameras", { detail: seen, bubbles: true, composed: true }));
    return html`<button data-testid="open-nearest" aria-label="${seen.length} nearest to ${room}: open them" @click=${show}>
      ${icon("camera")}${seen.length} nearest
    </button>`;
  }
}
