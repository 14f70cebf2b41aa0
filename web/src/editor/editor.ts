/** The floor plan editor of one school: the tools, the drawing, the properties of what is selected, and what the draft changes. */

import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import { ChangeObserver, StoreObserver } from "../app/observer.js";
import { store } from "../app/store.js";
import { called, find, ofType, textOf } from "../drawing/document.js";
import { base } from "../ui/styles.js";
import type { PlanCanvas } from "./canvas.js";
import "./canvas.js";
import { Editing, type Tool } from "./editing.js";
import { editorStyles } from "./editor-styles.js";
import "./form.js";
import "./review.js";

const TOOLS: readonly (readonly [Tool, string, string])[] = [
  ["select", "Select", "Select and move. Arrow keys move by 10 cm, with Shift by 1 m."],
  ["room", "Room", "Click two opposite corners."],
  ["outline", "Outline", "Click every corner of a room, then press Enter or double-click."],
  ["door", "Door", "Click in a wall."],
  ["window", "Window", "Click in an outside wall."],
  ["feature", "Marker", "Click where it is: a locker, an AED, a shut-off and so on."],
  ["camera", "Camera", "Click where it is mounted."],
];
const STEP: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, 0.1], ArrowDown: [0, -0.1], ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0],
};

@customElement("sl-plan-editor")
export class PlanEditor extends LitElement {
  static override styles = [base, editorStyles];

  @property() site = "";
  @query("sl-plan-canvas") private canvas!: PlanCanvas | null;
  #editing: Editing | null = null;
  readonly #keys = (event: KeyboardEvent): void => this.#pressed(event);
  readonly #leaving = (event: BeforeUnloadEvent): void => {
    if (!this.#editing?.unsaved()) return;
    void this.#editing.save();
    event.preventDefault();
  };

  constructor() {
    super();
    new StoreObserver(this);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("keydown", this.#keys);
    addEventListener("beforeunload", this.#leaving);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("keydown", this.#keys);
    removeEventListener("beforeunload", this.#leaving);
    void this.#editing?.save();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("site") || !this.site) return;
    void this.#editing?.save();
    this.#editing = new Editing(this.site);
    new ChangeObserver(this, this.#editing);
    void this.#editing.load();
  }

  override render(): TemplateResult {
    const editing = this.#editing;
    if (!editing) return html``;
    if (!editing.document) return html`<p class="empty" role="status">${editing.failure || "The draft is loading."}</p>`;
    return html`
      <div class="bar">
        <div role="group" aria-label="Tools" class="group">
          ${TOOLS.map(([tool, label, title]) => this.#tool(editing, tool, label, title))}
        </div>
        <div role="group" aria-label="Undo" class="group">
          <button data-testid="undo" title="Ctrl+Z" ?disabled=${!editing.canUndo} @click=${() => editing.undo()}>Undo</button>
          <button data-testid="redo" title="Ctrl+Y" ?disabled=${!editing.canRedo} @click=${() => editing.redo()}>Redo</button>
        </div>
        <label class="sheet">Sheet
          <select data-testid="sheet" @change=${(event: Event) => editing.show((event.target as HTMLSelectElement).value || null)}>
            <option value="" ?selected=${editing.floor === null}>Grounds</option>
            ${ofType(editing.document, "floor").map(
              (floor) => html`<option value=${floor.id} ?selected=${floor.id === editing.floor}>
                ${this.#building(editing, textOf(floor, "building"))}${called(floor)}
              </option>`,
            )}
          </select>
        </label>
        ${this.#status(editing)}
      </div>
      <p class="hint" role="status">${TOOLS.find(([tool]) => tool === editing.tool)?.[2]}</p>
      <div class="work">
        <sl-plan-canvas .editing=${editing}></sl-plan-canvas>
        <aside aria-label="Properties and changes">
          <sl-feature-form .editing=${editing}></sl-feature-form>
          <sl-plan-review .editing=${editing} @go-to=${(event: CustomEvent<string>) => this.#goTo(editing, event.detail)}></sl-plan-review>
        </aside>
      </div>
    `;
  }

  #tool(editing: Editing, tool: Tool, label: string, title: string): TemplateResult {
    const none = tool === "camera" && editing.missingCameras().length === 0;
    const why = none ? "Every camera of the school is on the plan." : title;
    return html`<button data-testid="tool-${tool}" title=${why} ?disabled=${none} aria-pressed=${editing.tool === tool}
      @click=${() => editing.choose(tool)}>${label}</button>`;
  }

  #building(editing: Editing, id: string): string {
    const { document } = editing;
    if (!document || ofType(document, "building").length < 2) return "";
    const building = find(document, id);
    return building ? `${called(building)}, ` : "";
  }

  #status(editing: Editing): TemplateResult {
    const { draft, failure, conflict, saving } = editing;
    if (failure) {
      return html`<p class="status error" role="alert">${failure}
        ${conflict ? html`<button @click=${() => void editing.load()}>Load again</button>` : nothing}</p>`;
    }
    const saved = draft?.saved_at ? `Saved at ${store.timeOfDay(draft.saved_at)} by ${draft.saved_by ?? "somebody"}` : "No draft yet: this is the plan in use";
    return html`<p class="status muted" role="status" data-testid="saved" data-unsaved=${editing.unsaved()}>
      ${saving ? "Saving\u2026" : editing.unsaved() ? "Not saved yet" : saved}</p>`;
  }

  /** Show the feature that a problem is about. */
  #goTo(editing: Editing, id: string): void {
    const feature = editing.document && find(editing.document, id);
    if (!feature) return;
    const floor = feature.properties.type === "floor" ? feature.id : textOf(feature, "floor") || null;
    if (floor !== editing.floor) editing.show(floor);
    editing.select(id);
  }

  #pressed(event: KeyboardEvent): void {
    const editing = this.#editing;
    const [target] = event.composedPath();
    if (!editing || (target instanceof HTMLElement && ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName))) return;
    const command = event.ctrlKey || event.metaKey;
    const step = STEP[event.key];
    if (command && event.key.toLowerCase() === "z") {
      if (event.shiftKey) editing.redo();
      else editing.undo();
    } else if (command && event.key.toLowerCase() === "y") editing.redo();
    else if (command) return;
    else if (event.key === "Delete" || event.key === "Backspace") editing.delete();
    else if (event.key === "Enter" && editing.tool === "outline") this.canvas?.finish();
    else if (event.key === "Escape") {
      if (!this.canvas?.giveUp()) editing.choose("select");
    } else if (step && editing.feature) {
      const times = event.shiftKey ? 10 : 1;
      editing.nudge(step[0] * times, step[1] * times);
    } else return;
    event.preventDefault();
  }
}
