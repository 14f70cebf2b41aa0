/**
 * One person's work on the draft of a school's plan: its document, the selection, undo and redo, and saving. It sends `change`
 * events. Every change is saved automatically a moment later; nothing is published until somebody asks for it.
 */

import { told } from "../app/observer.js";
import { store } from "../app/store.js";
import { Problem, api, type WholeDraft } from "../core/gateway/api.js";
import type { PlanDraft } from "../core/plan-versions.js";
import { at, find, freshId, ofType, positions, projectionOf, put, remove, set, type Feature, type PlanDocument, type Projection, type Value } from "../drawing/document.js";
import { begin, change, redo, undo, type History } from "../drawing/history.js";

export type Tool = "select" | "room" | "outline" | "door" | "window" | "feature" | "camera";

/** Milliseconds between the last change and the save. */
const SAVE_AFTER = 800;
const RETRY_AFTER = 3000;

export class Editing extends EventTarget {
  draft: PlanDraft | null = null;
  selected: string | null = null;
  /** The floor on the sheet; null for the grounds. */
  floor: string | null = null;
  tool: Tool = "select";
  failure = "";
  /** True if the draft was changed elsewhere, so that it cannot be saved. */
  conflict = false;
  saving = false;
  /** The camera whose handle is being dragged, and where it would look. */
  aimed: { readonly camera: string; readonly heading: number } | null = null;
  #history: History | null = null;
  #projection: Projection | null = null;
  #saved: PlanDocument | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly site: string) {
    super();
  }

  get document(): PlanDocument | null {
    return this.#history?.present ?? null;
  }

  get projection(): Projection | null {
    return this.#projection;
  }

  get feature(): Feature | undefined {
    return this.document && this.selected ? find(this.document, this.selected) : undefined;
  }

  unsaved(): boolean {
    return this.document !== this.#saved;
  }

  get canUndo(): boolean {
    return (this.#history?.past.length ?? 0) > 0;
  }

  get canRedo(): boolean {
    return (this.#history?.future.length ?? 0) > 0;
  }

  /** Read the draft from the gateway, and discard unsaved changes. */
  async load(): Promise<void> {
    try {
      this.#take(await api.draft(this.site));
    } catch (error) {
      this.failure = told(error);
    }
    this.#changed();
  }

  choose(tool: Tool): void {
    this.tool = tool;
    if (tool !== "select") this.selected = null;
    this.#changed();
  }

  select(id: string | null): void {
    this.selected = id;
    this.#changed();
  }

  show(floor: string | null): void {
    this.floor = floor;
    this.selected = null;
    this.#changed();
  }

  /** Show where a camera would look, without changing the document. */
  aim(aimed: { readonly camera: string; readonly heading: number }): void {
    this.aimed = aimed;
    this.dispatchEvent(new Event("aimed"));
  }

  /** Move what is selected by metres east and north. */
  nudge(dx: number, dy: number): void {
    const [feature, projection] = [this.feature, this.projection];
    if (!feature || !projection) return;
    const moved = positions(feature).map((position) => {
      const [x, y] = projection.toMetres(position);
      return projection.toDegrees([x + dx, y + dy]);
    });
    this.move(at(feature, moved), `${feature.id} nudged`);
  }

  /** Replace the document. Changes that are `about` the same thing in a row are undone together. */
  edit(document: PlanDocument, about = ""): void {
    if (!this.#history) return;
    this.#step(change(this.#history, document, about));
  }

  set(key: string, value: Value): void {
    if (this.document && this.selected) this.edit(set(this.document, this.selected, key, value), `${this.selected} ${key}`);
  }

  /** Replace the feature that has the same id. */
  move(feature: Feature, about = ""): void {
    if (this.document) this.edit(put(this.document, feature), about);
  }

  /** Add a feature of this type with a new id, and select it. */
  add(type: string, properties: Readonly<Record<string, Value>>, geometry: Feature["geometry"], id?: string): void {
    if (!this.document) return;
    const feature: Feature = { type: "Feature", id: id ?? freshId(this.document, this.site, type), properties: { type, ...properties }, geometry };
    this.selected = feature.id;
    this.tool = "select";
    this.edit(put(this.document, feature));
  }

  delete(): void {
    const { document, selected } = this;
    if (!document || !selected || this.feature?.properties.type === "site") return;
    this.selected = null;
    this.edit(remove(document, selected));
  }

  undo(): void {
    if (this.#history) this.#step(undo(this.#history));
  }

  redo(): void {
    if (this.#history) this.#step(redo(this.#history));
  }

  /** Cameras of the school that are not on the plan yet. */
  missingCameras(): string[] {
    const placed = new Set(ofType(this.document ?? { type: "FeatureCollection", features: [] }, "camera").map((one) => one.id));
    return (store.site(this.site)?.cameras ?? []).map((camera) => camera.id).filter((id) => !placed.has(id));
  }

  /** Save unsaved changes now. Return true if everything is saved. */
  async save(): Promise<boolean> {
    clearTimeout(this.#timer);
    const { document, draft } = this;
    if (!document || !draft || this.conflict) return false;
    if (!this.unsaved()) return true;
    if (this.saving) return false;
    this.saving = true;
    this.#changed();
    try {
      this.draft = await api.saveDraft(this.site, draft, JSON.stringify(document));
      this.#saved = document;
      this.failure = "";
    } catch (error) {
      this.failure = told(error);
      this.conflict = error instanceof Problem && error.code === "draft_changed";
      if (!this.conflict) this.#timer = setTimeout(() => void this.save(), RETRY_AFTER);
    }
    this.saving = false;
    this.#changed();
    if (this.unsaved() && !this.failure) return this.save();
    return !this.unsaved();
  }

  /** Save the draft, do something with it, and load the result. Return true if all of that has worked. */
  async press(what: (revision: number) => Promise<unknown>): Promise<boolean> {
    if (!(await this.save()) || !this.draft) return false;
    try {
      await what(this.draft.revision);
    } catch (error) {
      this.failure = told(error);
      this.#changed();
      return false;
    }
    await this.load();
    return true;
  }

  #take(draft: WholeDraft): void {
    const document = draft.document as PlanDocument;
    this.draft = draft;
    this.#history = begin(document);
    this.#saved = document;
    this.#projection = projectionOf(document);
    this.failure = "";
    this.conflict = false;
    const floors = ofType(document, "floor");
    if (!floors.some((floor) => floor.id === this.floor)) this.floor = floors[0]?.id ?? null;
    if (!this.feature) this.selected = null;
  }

  #step(history: History): void {
    if (history === this.#history) return;
    this.#history = history;
    if (!this.feature) this.selected = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), SAVE_AFTER);
    this.#changed();
  }

  #changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
