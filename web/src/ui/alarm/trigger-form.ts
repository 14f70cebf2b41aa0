/** The form for a trigger: what, where, for whom, and the button to hold. It forgets its choices once they are used. */

import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";

import { ChangeObserver, StoreObserver, told } from "../../app/observer.js";
import { newKey } from "../../app/alarm/pending-trigger.js";
import { store } from "../../app/store.js";
import { trigger } from "../../app/alarm/trigger.js";
import { api, type Person } from "../../core/gateway/api.js";
import { blank, current, isBlank, toggled } from "../../core/alarm/form.js";
import { ROLE_WORDS } from "../../core/labels.js";
import { unsent } from "../../core/alarm/pending.js";
import type { Incident, IncidentKind, Plan, Site } from "../../core/protocol.js";
import { KIND_WORDS } from "./banner.js";
import "./hold-button.js";
import { icon } from "../icons.js";
import { roomLabel } from "../cameras/plan-drawing.js";
import { base } from "../styles.js";
import { triggerFormStyles } from "./trigger-form-styles.js";

const KINDS: readonly IncidentKind[] = ["real", "drill", "test"];

@customElement("sl-trigger-form")
export class TriggerForm extends LitElement {
  static override styles = [base, triggerFormStyles];

  @property({ attribute: false }) site!: Site;
  @property({ attribute: false }) plan: Plan | null = null;
  /** The school's open incidents. */
  @property({ attribute: false }) incidents: readonly Incident[] = [];
  @state() private form = blank(store.now());
  @state() private police: Person[] | null = null;
  @state() private failure = "";
  /** The incidents that were open when the form was last drawn. */
  #open: ReadonlySet<string> = new Set();

  constructor() {
    super();
    new StoreObserver(this, true);
    new ChangeObserver(this, trigger);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const open = new Set(this.incidents.map((one) => one.id));
    const ended = [...this.#open].some((id) => !open.has(id));
    this.#open = open;
    const former = changed.get("site");
    this.form = ended || (former && former.id !== this.site.id) ? blank(store.now()) : current(this.form, store.now());
    if (isBlank(this.form)) this.police = null;
  }

  override render(): TemplateResult | typeof nothing {
    const waiting = unsent(trigger.current) ? trigger.current.press.kind : null;
    if (waiting === "real") return nothing;
    const realOpen = this.incidents.some((one) => one.kind === "real");
    const kinds = realOpen || waiting !== null ? (["real"] as const) : KINDS;
    const kind = kinds.length === 1 ? "real" : this.form.kind;
    return html`<section class="panel" aria-label="Trigger" @pointerdown=${this.#touch} @keydown=${this.#touch}>
      ${realOpen ? html`<h2>Danger in another room?</h2>` : nothing}
      ${kinds.length > 1 ? this.#kinds() : nothing} ${this.#rooms()}
      ${kind === "drill" ? this.#participants() : nothing}
      <sl-hold kind=${kind} @held=${() => this.#press(kind)}>
        <span class="hold"
          ><span class="word">${icon(kind)}${KIND_WORDS[kind][0]}</span>
          <span>${this.incidents.some((one) => one.kind === kind) ? "Hold 2 seconds to send again" : "Hold 2 seconds to send"}</span>
          <small>${KIND_WORDS[kind][1]}</small></span
        >
      </sl-hold>
    </section>`;
  }

  #kinds(): TemplateResult {
    return html`<fieldset>
      <legend>What is it?</legend>
      ${KINDS.map(
        (kind) =>
          html`<label class=${kind}>
            <input type="radio" name="kind" .checked=${live(kind === this.form.kind)} @change=${() => this.#choseKind(kind)} />
            ${icon(kind)}${KIND_WORDS[kind][0]}
          </label>`,
      )}
    </fieldset>`;
  }

  #rooms(): TemplateResult {
    const choose = (event: Event): void => this.#change({ room: (event.target as HTMLSelectElement).value });
    return html`<label class="field"
      >Where?
      <select data-testid="room" @change=${choose}>
        <option value="" .selected=${live(this.form.room === "")}>Not known, or whole school</option>
        ${this.plan?.floors.map(
          (floor) =>
            html`<optgroup label=${floor.name}>
              ${floor.rooms.map(
                (room) =>
                  html`<option value=${room.id} .selected=${live(room.id === this.form.room)}>
                    ${roomLabel(room).replace("\n", " ")}
                  </option>`,
              )}
            </optgroup>`,
        )}
      </select>
    </label>`;
  }

  #participants(): TemplateResult {
    if (this.failure) return html`<p class="error" role="alert">${this.failure}</p>`;
    if (this.police === null) return html`<p class="muted">Looking up who is signed in\u2026</p>`;
    if (this.police.length === 0) {
      return html`<p class="muted">
        No police are signed in, so nobody would see cameras in this drill. Ask them to sign in first.
      </p>`;
    }
    return html`<fieldset class="people">
      <legend>Who takes part and may see cameras?</legend>
      ${this.police.map(
        (person) =>
          html`<label>
            <input
              type="checkbox"
              data-testid="enrol-${person.id}"
              .checked=${live(this.form.enrolled.has(person.id))}
              @change=${() => (this.form = toggled(this.form, person.id))}
            />${person.name} <span class="muted">${ROLE_WORDS[person.role]}</span>
          </label>`,
      )}
    </fieldset>`;
  }

  readonly #touch = (): void => this.#change({});

  #change(change: Partial<{ kind: IncidentKind; room: string }>): void {
    this.form = { ...this.form, ...change, touchedAt: store.now() };
  }

  #choseKind(kind: IncidentKind): void {
    this.#change({ kind });
    if (kind === "drill") void this.#lookUpPolice(this.site.id);
  }

  async #lookUpPolice(site: string): Promise<void> {
    this.failure = "";
    try {
      this.police = await api.police(site);
    } catch (error) {
      this.failure = `${told(error)} Choose DRILL to try again.`;
    }
  }

  #press(kind: IncidentKind): void {
    if (!store.me) return;
    const { id, name } = store.me.principal;
    const room = this.plan?.floors.flatMap((floor) => floor.rooms).find((one) => one.id === this.form.room);
    trigger.press({
      key: newKey(),
      site: this.site.id,
      site_name: this.site.name,
      kind,
      room: room?.id ?? null,
      room_name: room ? roomLabel(room).replace("\n", " ") : null,
      enrolled: kind === "drill" ? [...this.form.enrolled] : [],
      by: { id, name },
      at: Date.now() / 1000,
    });
    this.form = blank(store.now());
  }
}
