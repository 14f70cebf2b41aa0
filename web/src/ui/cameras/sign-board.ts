/** Measures the signs and labels of the plan, and puts them where none covers another. */

import L from "leaflet";

import type { Point } from "../../core/protocol.js";
import { RANK } from "../../drawing/importance.js";
import { place, type Item, type Placed } from "../../drawing/placement.js";
import { latLng } from "./plan-drawing.js";

/** A sign or label on the plan, and how much it matters. */
export interface Sign extends Pick<Item, "rank" | "always" | "steps" | "considerate"> {
  readonly key: string;
  readonly element: HTMLElement;
  /** Where it belongs, in metres. */
  readonly position: Point;
  /** What a label says: its short form first, and its long form if there is room. Both are "" if nothing fits. */
  readonly text?: { readonly short: string; readonly long: string };
}

export class SignBoard {
  /** Lines from signs that had to move to where they belong. */
  readonly leaders = L.polyline([], { className: "leader", interactive: false });
  #signs: Sign[] = [];
  #placed: ReadonlyMap<string, Placed> = new Map();
  /** Sizes by what is shown: measuring again would delay every zoom. */
  readonly #sizes = new Map<string, readonly [number, number]>();

  clear(): void {
    this.#signs = [];
    this.#sizes.clear();
    this.leaders.setLatLngs([]);
  }

  add(sign: Sign): void {
    this.#signs.push(sign);
  }

  /** Put all signs and these labels in their places at `scale` pixels a metre. Return how many signs had no room. */
  fit(scale: number, labels: readonly Sign[]): number {
    const signs = [...labels.filter(({ text }) => !text || text.short || text.long), ...this.#signs];
    for (const { element, text } of labels) if (text && !text.short && !text.long) element.style.visibility = "hidden";
    this.#measure(signs, ({ text }) => (text ? text.short || text.long : ""));
    this.#measure(signs, ({ text }) => text?.long ?? "");
    this.#placed = place(signs.map((sign) => this.#item(sign, scale)), this.#placed);
    const lines: [number, number][][] = [];
    let left = 0;
    for (const { key, element, position, rank, text } of signs) {
      const at = this.#placed.get(key);
      element.style.visibility = at ? "" : "hidden";
      if (text) element.textContent = at?.longer ? text.long : text.short || text.long;
      if (!at) {
        if (rank !== RANK.number) left += 1;
        continue;
      }
      element.style.margin = `${at.dy}px 0 0 ${at.dx}px`;
      const [x, y] = position;
      if (at.dx || at.dy) lines.push(latLng([position, [x + at.dx / scale, y - at.dy / scale]]));
    }
    this.leaders.setLatLngs(lines);
    return left;
  }

  #item({ key, element, position: [x, y], text, rank, ...weight }: Sign, scale: number): Item {
    const short = text ? text.short || text.long : "";
    const [width, height] = this.#size(element, short);
    const item = { key, rank, always: !!weight.always, steps: weight.steps ?? 0, considerate: !!weight.considerate };
    const box = { x: x * scale, y: -y * scale, width, height };
    if (!text || text.long === short) return { ...item, ...box };
    const [longWidth, longHeight] = this.#size(element, text.long);
    return { ...item, ...box, longer: { width: longWidth, height: longHeight } };
  }

  /** Measure what is not yet known: write everything, then read everything, because the browser lays out the page between. */
  #measure(signs: readonly Sign[], textOf: (sign: Sign) => string): void {
    const unknown = signs.map((sign) => [sign.element, textOf(sign)] as const).filter(([element, text]) => !this.#sizes.has(keyOf(element, text)));
    for (const [element, text] of unknown) if (text) element.textContent = text;
    for (const [element, text] of unknown) this.#sizes.set(keyOf(element, text), [element.offsetWidth, element.offsetHeight]);
  }

  #size(element: HTMLElement, text: string): readonly [number, number] {
    return this.#sizes.get(keyOf(element, text)) ?? [element.offsetWidth, element.offsetHeight];
  }
}

/** Return what the size of an element with this text ("": with what it shows) depends on. */
const keyOf = (element: HTMLElement, text: string): string =>
  `${element.parentElement?.className ?? ""} ${element.className} ${text || element.textContent}`;
