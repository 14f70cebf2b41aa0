/** The signs of doors, gates and markers on the floor plan, and what each says when it is pressed. */

import { html, svg, type TemplateResult } from "lit";

import type { Door, Floor, Plan } from "../../core/protocol.js";
import { OUTLINES, signOf } from "../../drawing/signs.js";

export interface Said {
  readonly className: string;
  readonly content: TemplateResult;
  /** What it says when it is pressed. */
  readonly words: string;
}

/** A door in its frame, beside the number: a camera's number stands beside a camera. */
const LEAF = html`<svg class="leaf" viewBox="0 0 10 14" aria-hidden="true">${svg`<path d="M1 13V1H9V13M6.5 7v1.5" />`}</svg>`;

export function doorSign(door: Door): Said {
  const words = [`${door.kind === "exterior" ? "Door" : "Inner door"} ${door.number ?? ""}`.trim(), door.name].filter(Boolean).join(": ");
  const content = door.kind === "exterior" ? html`${LEAF}${(door.number ?? "") || door.name}` : html``;
  return { className: `door ${door.kind}`, content, words };
}

export function gateSign(gate: NonNullable<Plan["gates"]>[number]): Said {
  const content = html`${LEAF}${gate.number || gate.name}`;
  return { className: "door gate", content, words: [`Gate ${gate.number ?? ""}`.trim(), gate.name].filter(Boolean).join(": ") };
}

export function featureSign(feature: Floor["features"][number]): Said {
  const { words, shape, filled, ...sign } = signOf(feature.kind);
  const short = sign.short.replaceAll("\u00a0", " ");
  const outline = svg`<path d=${OUTLINES[shape]} vector-effect="non-scaling-stroke" />`;
  const content = html`<svg class="shape" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${outline}</svg><span>${short}</span>`;
  const called = `${words} (${short})`;
  return { className: `feature ${shape}${filled ? " filled" : ""}`, content, words: feature.name ? `${called}: ${feature.name}` : called };
}
