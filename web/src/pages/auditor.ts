/** The auditor's page: the record of accesses, refusals, triggers and endings. Reading it is recorded too. */

import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { told } from "../app/observer.js";
import { api } from "../core/gateway/api.js";
import { ROLE_WORDS } from "../core/labels.js";
import type { AuditRecord } from "../core/protocol.js";
import { spoken } from "../core/record-words.js";
import { base } from "../ui/styles.js";
import { tableStyles } from "../ui/table-styles.js";

const HOUR = 3600;
const PERIODS: readonly (readonly [string, number])[] = [
  ["the last hour", HOUR],
  ["the last 24 hours", 24 * HOUR],
  ["the last 7 days", 7 * 24 * HOUR],
  ["the last 365 days", 365 * 24 * HOUR],
];
const LIMIT = 1000;

@customElement("sl-auditor")
export class Auditor extends LitElement {
  static override styles = [base, tableStyles];

  @state() private records: AuditRecord[] | null = null;
  @state() private failure = "";
  @state() private period = 24 * HOUR;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#read();
  }

  override render(): TemplateResult {
    return html`<main>
      <div class="title">
        <h1>Record</h1>
        <p class="muted">Who did or saw what, when, and in which incident. Reading this page is recorded too.</p>
      </div>
      <form @submit=${this.#submit}>
        <select aria-label="Period" @change=${this.#choose}>
          ${PERIODS.map(
            ([words, seconds]) =>
              html`<option value=${seconds} ?selected=${seconds === this.period}>Records of ${words}</option>`,
          )}
        </select>
        <button class="primary">Refresh</button>
      </form>
      ${this.failure ? html`<p class="error" role="alert">${this.failure}</p>` : nothing}
      ${this.records === null ? nothing : this.#table(this.records)}
    </main>`;
  }

  #table(records: AuditRecord[]): TemplateResult {
    if (records.length === 0) return html`<p class="empty panel">Nothing was recorded in this time.</p>`;
    return html`${records.length === LIMIT
        ? html`<p class="muted">Only the newest ${LIMIT} records are shown. To see all, run <code>sightline audit</code>.</p>`
        : nothing}
      <div class="panel scroll">
        <table>
          <thead>
            <tr>
              ${["Time", "What", "Who", "Outcome", "Where", "Incident", "Address", "Details"].map(
                (words) => html`<th scope="col">${words}</th>`,
              )}
            </tr>
          </thead>
          <tbody>
            ${records.map(row)}
          </tbody>
        </table>
      </div>`;
  }

  readonly #choose = (event: Event): void => {
    this.period = Number((event.target as HTMLSelectElement).value);
    void this.#read();
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    void this.#read();
  };

  async #read(): Promise<void> {
    try {
      const records = await api.record(Date.now() / 1000 - this.period, LIMIT);
      this.records = records.sort((a, b) => b.at - a.at);
      this.failure = "";
    } catch (error) {
      this.failure = told(error);
    }
  }
}

/** Details that are folded away so that a row stays readable: random names and long lists. */
const FOLDED = new Set(["grant", "jti", "session", "cameras", "key"]);

function facts(entries: [string, unknown][], time: string): TemplateResult[] {
  return entries.map(([key, value]) => html`<div><b>${key.replaceAll("_", " ")}</b> ${spoken(key, value, time)}</div>`);
}

function row(record: AuditRecord): TemplateResult {
  const entries = Object.entries(record.detail);
  const folded = entries.filter(([key]) => FOLDED.has(key));
  return html`<tr>
    <td class="number when">${record.time.replace("T", " ")}</td>
    <th scope="row" class="whole">${record.kind.replaceAll("_", " ")}</th>
    <td>${record.name ?? record.principal ?? "\u2013"}<small>${record.role ? ROLE_WORDS[record.role] : ""}</small></td>
    <td>${record.outcome}<small>${record.reason?.replaceAll("_", " ") ?? ""}</small></td>
    <td class="whole">${record.camera ?? record.site ?? ""}<small>${record.camera ? record.site : ""}</small></td>
    <td class="whole">${record.incident ?? ""}</td>
    <td>${record.origin_address ?? ""}</td>
    <td class="facts">
      ${facts(entries.filter(([key]) => !FOLDED.has(key)), record.time)}
      ${folded.length > 0
        ? html`<details>
            <summary>${folded.map(([key]) => key).join(", ")}</summary>
            ${facts(folded, record.time)}
          </details>`
        : nothing}
    </td>
  </tr>`;
}
