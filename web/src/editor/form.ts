/** Shows the properties of the selected feature as a form. Every change takes effect at once and can be undone. */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { ChangeObserver } from "../app/observer.js";
import { store } from "../app/store.js";
import { called, textOf, type Feature, type Value } from "../drawing/document.js";
import { FIELDS, words, type Field } from "../drawing/fields.js";
import { area } from "../drawing/shapes.js";
import { SIGNS } from "../drawing/signs.js";
import { icon } from "../ui/icons.js";
import "../ui/cameras/still.js";
import { base } from "../ui/styles.js";
import type { Editing } from "./editing.js";

@customElement("sl-feature-form")
export class FeatureForm extends LitElement {
  static override styles = [
    base,
    css`
      form {
        display: grid;
        gap: 10px;
        padding: 12px;
      }
      label {
        display: grid;
        gap: 2px;
        font-weight: 600;
      }
      label.flag {
        display: flex;
        align-items: center;
        gap: 0.5em;
        font-weight: 400;
      }
      label.flag input {
        min-height: 20px;
        width: 20px;
        height: 20px;
        flex: none;
      }
      small {
        color: var(--muted);
        font-weight: 400;
      }
      input,
      select {
        width: 100%;
      }
      .title {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 8px;
      }
      h3 {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) editing!: Editing;

  override connectedCallback(): void {
    super.connectedCallback();
    new ChangeObserver(this, this.editing);
  }

  override render(): TemplateResult {
    const { feature } = this.editing;
    if (!feature) return html`<p class="empty">Select something in the drawing to see and change its properties.</p>`;
    const { type } = feature.properties;
    const name = type === "camera" ? (store.camera(feature.id)?.name ?? feature.id) : called(feature);
    return html`<form aria-label="Properties" @submit=${(event: Event) => event.preventDefault()}>
      <div class="title">
        <h3>${name}</h3>
        ${type === "site"
          ? nothing
          : html`<button type="button" data-testid="delete" @click=${() => this.editing.delete()}>${icon("close")}Delete</button>`}
      </div>
      <small>${words(type)}${this.#size(feature)} \u00b7 ${feature.id}</small>
      ${(FIELDS[type] ?? []).map((field) => this.#field(feature, field))}
      ${type === "camera" ? this.#still(feature) : nothing}
    </form>`;
  }

  #size(feature: Feature): string {
    const { projection } = this.editing;
    if (!projection || feature.geometry.type !== "Polygon") return "";
    const ring = (feature.geometry.coordinates[0] ?? []).map(projection.toMetres);
    return `, ${area(ring).toFixed(0)} m\u00b2`;
  }

  /** Show the camera's still picture, so that people can check its heading. */
  #still(feature: Feature): TemplateResult | typeof nothing {
    const status = store.cameras.get(feature.id);
    return status ? html`<sl-still .camera=${status}></sl-still>` : nothing;
  }

  #field(feature: Feature, field: Field): TemplateResult {
    const { key, label, kind, hint } = field;
    const testid = `field-${key}`;
    const say = (value: Value): void => this.editing.set(key, value);
    const read = (event: Event): string => (event.target as HTMLInputElement).value;
    if (kind === "flag") {
      const checked = feature.properties[key] === true;
      const flip = (event: Event): void => say((event.target as HTMLInputElement).checked ? true : null);
      return html`<label class="flag"><input type="checkbox" data-testid=${testid} .checked=${checked} @change=${flip} />${label}</label>`;
    }
    const note = hint === undefined ? nothing : html`<small>${hint}</small>`;
    if (kind === "choice") {
      const now = textOf(feature, key);
      return html`<label>${label}
        <select data-testid=${testid} @change=${(event: Event) => say(read(event))}>
          ${(field.choices ?? []).map((one) => html`<option value=${one} ?selected=${one === now}>${SIGNS[one]?.words ?? words(one)}</option>`)}
        </select>${note}</label>`;
    }
    if (kind === "list") {
      const list = feature.properties[key];
      const now = Array.isArray(list) ? list.join(", ") : "";
      const split = (event: Event): void => say(read(event).split(",").map((one) => one.trim()).filter(Boolean));
      return html`<label>${label}<input data-testid=${testid} .value=${now} @change=${split} />${note}</label>`;
    }
    if (kind === "number") {
      const take = (event: Event): void => {
        const input = event.target as HTMLInputElement;
        if (input.value === "") say(null);
        else if (input.checkValidity()) say(input.valueAsNumber);
      };
      return html`<label>${label}
        <input type="number" data-testid=${testid} min=${field.min ?? nothing} max=${field.max ?? nothing} step=${field.step ?? "any"}
          .value=${textOf(feature, key)} @input=${take} />${note}</label>`;
    }
    const type = kind === "date" ? "date" : "text";
    return html`<label>${label}
      <input type=${type} data-testid=${testid} .value=${textOf(feature, key)} @input=${(event: Event) => say(read(event))} />${note}</label>`;
  }
}
