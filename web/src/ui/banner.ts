/** The alarm: which kind, where from, who has said that they have seen it. Kinds differ by word, icon, shape and pattern. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { StoreObserver, told } from "../app/observer.js";
import { store } from "../app/store.js";
import { api } from "../core/api.js";
import { span, timeOfDay } from "../core/labels.js";
import type { Incident, IncidentKind, Role } from "../core/protocol.js";
import { icon } from "./icons.js";
import { base } from "./styles.js";

export const KIND_WORDS: Readonly<Record<IncidentKind, readonly [string, string]>> = {
  real: ["REAL", "Lockdown. This is not a drill."],
  drill: ["DRILL", "Exercise. No real danger."],
  test: ["TEST", "Technical test. No danger."],
};

/** Who acknowledges: the police. */
const ACKNOWLEDGE: ReadonlySet<Role | undefined> = new Set(["dispatcher", "headquarters", "patrol"]);

@customElement("sl-alarm")
export class AlarmBanner extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      article {
        display: grid;
        grid-template-columns: 36px minmax(0, 1fr) 36px;
        border: 2px solid;
        border-radius: 8px;
        overflow: hidden;
      }
      .real {
        background: #a3080d;
        border-color: #ffb3b0;
        color: #fff;
      }
      .drill {
        background: #0b3a66;
        border-color: #bfe0ff;
        border-style: dashed;
        color: #fff;
      }
      .test {
        background: #3a424a;
        border-color: #d5dbe0;
        border-style: dotted;
        color: #fff;
      }
      .real .edge {
        background: repeating-linear-gradient(45deg, #ffd500 0 12px, #1a1a1a 12px 24px);
      }
      .drill .edge {
        background: repeating-linear-gradient(0deg, #bfe0ff 0 5px, #0b3a66 5px 14px);
      }
      .test .edge {
        background: radial-gradient(#d5dbe0 2.5px, transparent 3px) 0 0 / 12px 12px;
      }
      .body {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 20px;
        padding: 8px 14px;
      }
      .kind {
        display: flex;
        align-items: center;
        gap: 10px;
        font-size: 1.75rem;
        font-weight: 850;
        letter-spacing: 0.05em;
        line-height: 1.1;
      }
      .kind svg.icon {
        width: 1.35em;
        height: 1.35em;
      }
      .what {
        flex: 1 1 240px;
        min-width: 0;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        min-width: 0;
        gap: 8px;
      }
      .where {
        font-size: 1.1875rem;
        font-weight: 700;
      }
      button {
        min-height: 56px;
        padding: 4px 0.875em;
        background: #fff;
        border-color: #fff;
        color: #14181c;
        font-size: 1rem;
        white-space: normal;
      }
      button:hover {
        background: #dfe5ea;
      }
      .soon {
        display: inline-flex;
        gap: 0.35em;
        padding: 0 6px;
        border-radius: 4px;
        background: #ffd500;
        color: #14181c;
        font-weight: 800;
      }
      .failed {
        flex-basis: 100%;
        font-weight: 700;
      }
      @media (max-width: 1400px) {
        article {
          grid-template-columns: 16px minmax(0, 1fr) 16px;
        }
        .kind {
          font-size: 1.5rem;
        }
        .where {
          font-size: 1.0625rem;
        }
        .more {
          font-size: 0.875rem;
        }
      }
      @media (max-height: 640px) {
        .meaning,
        .repeats {
          display: none;
        }
      }
      @media (max-width: 900px) {
        .as {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) incident!: Incident;
  @state() private failure = "";
  @state() private asking = false;

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult {
    const { incident } = this;
    const [kind, meaning] = KIND_WORDS[incident.kind];
    const { origin } = incident;
    const me = store.me?.principal;
    const mine = incident.acknowledgements.some((one) => one.principal === me?.id);
    const names = incident.acknowledgements.map((one) => one.name).join(", ");
    const left = `Access ends in ${span(incident.ends_at - store.wall())}`;
    const where = `${origin.room_name ?? "Room not told"} \u00b7 ${incident.site_name}`;
    return html`
      <article class=${incident.kind} data-testid="alarm-banner" data-kind=${incident.kind}>
        <p class="visually-hidden" role="alert">${kind}. ${meaning} ${where}</p>
        <div class="edge" aria-hidden="true"></div>
        <div class="body">
          <div class="kind">${icon(incident.kind)}<span>${kind}</span></div>
          <div class="what">
            <p class="where">${where}</p>
            <p class="more number">
              <span class="meaning"
                >${meaning} Triggered by ${origin.by} at ${timeOfDay(incident.opened_at)} \u00b7</span
              >
              ${incident.warnings_sent.length > 0
                ? html`<span class="soon">${icon("clock")}${left}</span>`
                : left}${origin.note ? html` \u00b7 \u201c${origin.note}\u201d` : nothing}${incident.repeats >
              0
                ? html`<span class="repeats"> \u00b7 ${incident.repeats + 1} triggers</span>`
                : nothing}
              \u00b7 <strong>
                ${names ? `Acknowledged by ${names}` : "Not yet acknowledged"}
              </strong>
            </p>
          </div>
          <div class="acts">
            ${mine || !ACKNOWLEDGE.has(me?.role)
              ? nothing
              : html`<button data-testid="acknowledge" ?disabled=${this.asking} @click=${this.#acknowledge}>
                  ${icon("bell")}<span>Acknowledge<span class="as"> as ${me?.name}</span></span>
                </button>`}
            <slot></slot>
          </div>
          ${this.failure ? html`<p class="failed" role="alert">${this.failure}</p>` : nothing}
        </div>
        <div class="edge" aria-hidden="true"></div>
      </article>
    `;
  }

  readonly #acknowledge = async (): Promise<void> => {
    this.asking = true;
    this.failure = "";
    try {
      store.learn(await api.acknowledge(this.incident.id));
    } catch (error) {
      this.failure = told(error);
    }
    this.asking = false;
  };
}
