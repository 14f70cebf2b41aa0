/** Tells those who may approve floor plans that one waits for them, and shows it: what changes, in words and as drawings of
 *  before and after. It is not shown during an incident, because it can wait. */

import { LitElement, html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { StoreObserver, told } from "../app/observer.js";
import { store } from "../app/store.js";
import { api } from "../core/gateway/api.js";
import type { PlanChange, PlanDraft, PlanVersion } from "../core/plan-versions.js";
import { compare, type Compared, type Drawn } from "../drawing/comparison.js";
import type { PlanDocument } from "../drawing/document.js";
import { line } from "../ui/line-styles.js";
import { base } from "../ui/styles.js";
import { approvalStyles } from "./approval-styles.js";

const KINDS = { added: "New", removed: "Removed", changed: "Changed" } as const;

interface Opened {
  readonly site: string;
  readonly draft: PlanDraft;
  readonly versions: readonly PlanVersion[];
  readonly sheets: readonly Compared[];
}

@customElement("sl-plan-approval")
export class PlanApproval extends LitElement {
  static override styles = [base, line, approvalStyles];

  @state() private opened: Opened | null = null;
  @state() private reason = "";
  @state() private failure = "";
  @state() private done = "";
  @state() private busy = false;
  @query("dialog") private dialog?: HTMLDialogElement;

  constructor() {
    super();
    new StoreObserver(this);
  }

  override updated(changed: PropertyValues): void {
    if (changed.has("opened") && this.opened && !this.dialog?.open) this.dialog?.showModal();
  }

  override render(): TemplateResult {
    return html`
      ${[...store.proposals].map(
        ([site, proposal]) => html`<section class="line strong" data-testid="plan-proposal" aria-label="Floor plan to approve">
          <p role="status">
            <strong>A new floor plan of ${store.site(site)?.name ?? site} waits for approval.</strong>
            ${proposal.by} proposed it at ${store.timeOfDay(proposal.at)}. The present plan stays in use until somebody approves it.
          </p>
          <div class="buttons">
            <button data-testid="review-plan-${site}" @click=${() => void this.#open(site)}>See what changes</button>
          </div>
        </section>`,
      )}
      ${this.failure && !this.opened ? html`<p class="error" role="alert">${this.failure}</p>` : nothing}
      ${this.done
        ? html`<section class="line"><p role="status" data-testid="plan-decided">${this.done}</p>
            <div class="buttons"><button @click=${() => (this.done = "")}>Close</button></div></section>`
        : nothing}
      ${this.opened ? this.#dialog(this.opened) : nothing}
    `;
  }

  #dialog({ site, draft, versions, sheets }: Opened): TemplateResult {
    const { proposal } = draft;
    return html`<dialog data-testid="plan-approval" aria-label="Floor plan to approve" @close=${() => (this.opened = null)}>
      <header>
        <h1>New floor plan of ${store.site(site)?.name ?? site}</h1>
        <button @click=${() => this.dialog?.close()}>Close</button>
      </header>
      ${proposal
        ? html`<p>Proposed by <strong>${proposal.by}</strong>, ${new Date(proposal.at * 1000).toLocaleString()}${draft.note ? html`: “${draft.note}”` : nothing}</p>`
        : html`<p class="error" role="alert">This plan is no longer proposed.</p>`}
      ${draft.restores === null ? nothing : html`<p>It brings back version ${draft.restores}.</p>`}
      <h2>${draft.changes.length === 1 ? "1 change" : `${draft.changes.length} changes`} since version ${draft.in_use.number}</h2>
      <ol data-testid="proposed-changes">${draft.changes.map((change) => this.#change(change))}</ol>
      ${sheets.map((sheet) => this.#sheet(sheet))}
      <details>
        <summary>Earlier versions</summary>
        <ul>${versions.map((version) => this.#version(version))}</ul>
        <p class="muted">District IT can propose to bring any of them back.</p>
      </details>
      ${this.failure ? html`<p class="error" role="alert">${this.failure}</p>` : nothing}
      ${proposal ? this.#decision() : nothing}
    </dialog>`;
  }

  #change({ kind, type, name, details }: PlanChange): TemplateResult {
    return html`<li>
      <strong>${KINDS[kind]}: ${type} ${name}</strong>
      ${details.map((detail) => html`<small>${detail}</small>`)}
    </li>`;
  }

  #sheet({ name, box, before, after }: Compared): TemplateResult {
    const drawing = (title: string, all: readonly Drawn[]): TemplateResult => html`<figure>
      <figcaption>${title}</figcaption>
      <svg viewBox=${box.join(" ")} role="img" aria-label="${name}, ${title.toLowerCase()}" style="--unit: ${box[2] / 100}px">
        ${all.map((one) => shape(one, box[2]))} ${all.map((one) => badge(one, box[2]))}
      </svg>
    </figure>`;
    return html`<section aria-label=${name}>
      <h2>${name}</h2>
      <div class="sides">${drawing("Before", before)} ${drawing("After", after)}</div>
    </section>`;
  }

  #version(version: PlanVersion): TemplateResult {
    const when = version.published_at === null ? "the configuration’s file" : new Date(version.published_at * 1000).toLocaleString();
    const who = [version.published_by, version.approved_by ? `approved by ${version.approved_by}` : ""].filter(Boolean).join(", ");
    return html`<li><strong>Version ${version.number}</strong> <small>${[when, who, version.note].filter(Boolean).join("; ")}</small></li>`;
  }

  #decision(): TemplateResult {
    return html`<div class="decision">
      <button class="primary" data-testid="approve-plan" ?disabled=${this.busy} @click=${() => void this.#decide(true)}>Approve</button>
      <label>Reason, if you send it back
        <input data-testid="plan-reason" maxlength="1000" .value=${this.reason}
          @input=${(event: Event) => (this.reason = (event.target as HTMLInputElement).value)} />
      </label>
      <button data-testid="reject-plan" ?disabled=${this.busy || !this.reason.trim()} @click=${() => void this.#decide(false)}>
        Send back with this reason
      </button>
    </div>`;
  }

  async #open(site: string): Promise<void> {
    this.failure = this.reason = this.done = "";
    try {
      const draft = await api.draft(site);
      const [versions, before] = await Promise.all([api.planVersions(site), api.planDocument(site, draft.in_use.number)]);
      const sheets = compare(before as PlanDocument, draft.document as PlanDocument, draft.changes);
      this.opened = { site, draft, versions, sheets };
    } catch (error) {
      this.failure = told(error);
    }
  }

  async #decide(approves: boolean): Promise<void> {
    if (!this.opened) return;
    const { site, draft } = this.opened;
    this.busy = true;
    this.failure = "";
    try {
      if (approves) await api.approvePlan(site, draft.revision);
      else await api.rejectPlan(site, draft.revision, this.reason.trim());
      this.done = approves ? "You approved the plan. Every page has it now." : "You sent the plan back to district IT with your reason.";
      this.dialog?.close();
    } catch (error) {
      this.failure = told(error);
    }
    this.busy = false;
  }
}

const SIGNS: Readonly<Record<string, string>> = { door: "M-1-1H1V1H-1Z", camera: "M0-1.3 1.2 1H-1.2Z", feature: "M0-1.2 1.2 0 0 1.2-1.2 0Z" };

function shape({ type, shape, points, middle: [x, y], label, change }: Drawn, width: number): TemplateResult {
  const marked = `${type}${change === null ? "" : " marked"}`;
  const corners = points.map((point) => point.join(",")).join(" ");
  const size = width / 120;
  if (shape === "Polygon") {
    return svg`<polygon class=${marked} points=${corners} />${
      type === "room" && label ? svg`<text x=${x} y=${y + size * 0.6} font-size=${size * 1.7}>${label}</text>` : nothing
    }`;
  }
  if (shape === "LineString") return svg`<polyline class=${marked} points=${corners} />`;
  return svg`<path class=${marked} d=${SIGNS[type] ?? "M-1 0A1 1 0 1 0 1 0A1 1 0 1 0-1 0Z"} transform="translate(${x} ${y}) scale(${size * 0.6})" />`;
}

/** Return the number of a change, which is also its number in the list. It lies beside its feature, not over its number. */
function badge({ middle: [x, y], change }: Drawn, width: number): TemplateResult | typeof nothing {
  if (change === null) return nothing;
  const size = width / 70;
  return svg`<g class="badge" transform="translate(${x + size * 1.4} ${y - size * 1.2})"><circle r=${size} /><text y=${size * 0.45} font-size=${size * 1.3}>${change}</text></g>`;
}
