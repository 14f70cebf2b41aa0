/** Shows what a draft changes and lacks, the buttons that publish it or bring back an earlier version, and the
 *  versions. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { ChangeObserver, told } from "../app/observer.js";
import { store } from "../app/store.js";
import { api } from "../core/gateway/api.js";
import type { PlanDraft, PlanVersion } from "../core/plan-versions.js";
import { base } from "../ui/styles.js";
import type { Editing } from "./editing.js";

const KINDS = { added: "New", removed: "Removed", changed: "Changed" } as const;

@customElement("sl-plan-review")
export class PlanReview extends LitElement {
  static override styles = [
    base,
    css`
      section {
        display: grid;
        gap: 8px;
        padding: 12px;
        border-top: 1px solid var(--line);
      }
      li {
        padding: 4px 0;
        overflow-wrap: anywhere;
      }
      li small {
        display: block;
        color: var(--muted);
      }
      button.problem {
        min-height: 0;
        padding: 4px 8px;
        white-space: normal;
        text-align: left;
        font-weight: 400;
        border-left: 5px solid var(--warn);
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      details ul {
        max-height: 14em;
        overflow: auto;
      }
      input {
        width: 100%;
      }
    `,
  ];

  @property({ attribute: false }) editing!: Editing;
  @state() private versions: readonly PlanVersion[] = [];
  @state() private note = "";
  @state() private said = "";

  override connectedCallback(): void {
    super.connectedCallback();
    new ChangeObserver(this, this.editing);
    void this.#load();
  }

  override render(): TemplateResult {
    const { draft } = this.editing;
    if (!draft) return html``;
    return html`
      <section aria-label="Problems">
        <h2>${draft.problems.length === 0 ? "No problems" : `${draft.problems.length} to fix before publishing`}</h2>
        <ul data-testid="problems">
          ${draft.problems.map((problem) => html`<li>${this.#problem(problem)}</li>`)}
        </ul>
      </section>
      <section aria-label="Changes">
        <h2>${draft.changes.length === 0 ? "Nothing changed" : `${draft.changes.length} changed since version ${draft.in_use.number}`}</h2>
        <ul data-testid="changes">
          ${draft.changes.map(
            (change) => html`<li>
              <strong>${KINDS[change.kind]}: ${change.type} ${change.name}</strong>
              ${change.details.map((detail) => html`<small>${detail}</small>`)}
            </li>`,
          )}
        </ul>
        ${draft.restores === null ? nothing : html`<p>This draft brings back version ${draft.restores}.</p>`}
        ${this.#publish(draft)}
        ${this.said ? html`<p role="status" data-testid="published">${this.said}</p>` : nothing}
      </section>
      <section aria-label="Versions">
        <details>
          <summary>Versions</summary>
          <ul data-testid="versions">
            ${this.versions.map((version) => this.#version(version, draft))}
          </ul>
        </details>
      </section>
    `;
  }

  #problem(problem: string): TemplateResult {
    const [id = ""] = problem.split(":");
    return html`<button class="problem" @click=${() => this.dispatchEvent(new CustomEvent("go-to", { detail: id }))}>${problem}</button>`;
  }

  #publish(draft: PlanDraft): TemplateResult | typeof nothing {
    if (draft.proposal) {
      return html`<p role="status">Waiting for the police to approve it. ${draft.proposal.by} proposed it at ${store.timeOfDay(draft.proposal.at)}.
        Changing the draft withdraws the proposal.</p>`;
    }
    if (draft.revision === 0) return nothing;
    const ready = draft.problems.length === 0 && draft.changes.length > 0 && !this.editing.unsaved();
    return html`
      ${draft.note ? html`<p class="error">Returned with the note: ${draft.note}</p>` : nothing}
      <label>Note for the record
        <input data-testid="publish-note" .value=${this.note} maxlength="1000"
          @input=${(event: Event) => (this.note = (event.target as HTMLInputElement).value)} />
      </label>
      <div class="buttons">
        <button class="primary" data-testid="publish" ?disabled=${!ready} @click=${() => void this.#press("publish")}>
          ${draft.approval ? "Propose to the police" : "Publish to every page"}
        </button>
        <button data-testid="discard" @click=${() => void this.#press("discard")}>Discard the draft</button>
      </div>
    `;
  }

  #version(version: PlanVersion, draft: PlanDraft): TemplateResult {
    const when = version.published_at === null ? "the configuration\u2019s file" : new Date(version.published_at * 1000).toLocaleString();
    const who = [version.published_by, version.approved_by ? `approved by ${version.approved_by}` : ""].filter(Boolean).join(", ");
    const used = version.number === draft.in_use.number;
    return html`<li>
      <strong>Version ${version.number}${used ? " (in use)" : ""}</strong>
      <small>${when}${who ? `, ${who}` : ""}${version.note ? `: ${version.note}` : ""}</small>
      ${used ? nothing : html`<button @click=${() => void this.#restore(version.number)}>Bring back</button>`}
      <a href="/api/sites/${this.editing.site}/plan/versions/${version.number}" download>GeoJSON</a>
    </li>`;
  }

  async #press(what: "publish" | "discard"): Promise<void> {
    const { editing } = this;
    const { site } = editing;
    const approval = editing.draft?.approval ?? false;
    const done = await editing.press((revision) =>
      what === "publish" ? api.publishPlan(site, revision, this.note) : api.discardDraft(site, revision),
    );
    if (!done) return;
    this.note = "";
    this.said = what === "discard" ? "The draft has been discarded." : approval ? "The police can now approve it." : "Every page has the new plan.";
    await this.#load();
  }

  async #restore(version: number): Promise<void> {
    await this.editing.press((revision) => api.restorePlan(this.editing.site, revision, version));
  }

  async #load(): Promise<void> {
    try {
      this.versions = await api.planVersions(this.editing.site);
    } catch (error) {
      this.said = told(error);
    }
  }
}
