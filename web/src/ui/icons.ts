/** The icon set: 24 by 24, in the colour of the text. The shapes differ, so no icon depends on its colour. */

import { svg, html, type TemplateResult, type SVGTemplateResult } from "lit";

const LINE = (d: string): SVGTemplateResult =>
  svg`<path d=${d} fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/>`;
const FILL = (d: string): SVGTemplateResult => svg`<path d=${d} fill="currentColor" fill-rule="evenodd"/>`;

const DRAWINGS = {
  live: svg`<circle cx="12" cy="12" r="5" fill="currentColor"/><circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="2.2"/>`,
  delayed: LINE("M12 3 22 20H2ZM12 9v5M12 17v.01"),
  not_live: LINE("M5 5h14v14H5ZM5 5l14 14"),
  unverified: LINE("M12 2 22 12 12 22 2 12ZM9.8 9.8a2.2 2.2 0 1 1 3 2.2c-.6.3-.8.6-.8 1.3M12 16v.01"),
  real: FILL("M8 2h8l6 6v8l-6 6H8l-6-6V8ZM11 6v8h2V6ZM11 16v2.4h2V16Z"),
  drill: FILL("M12 2 23 21H1ZM11 9v6h2V9ZM11 16.5v2.3h2v-2.3Z"),
  test: LINE("M9 3h6M10 3v6L4.5 19a1.5 1.5 0 0 0 1.4 2h12.2a1.5 1.5 0 0 0 1.4-2L14 9V3M7.5 15h9"),
  camera: LINE("M3 7h11v10H3ZM14 11l7-4v10l-7-4"),
  up: LINE("M4 12.5 9.5 18 20 6"),
  down: LINE("M5 5l14 14M19 5 5 19"),
  stalled: LINE("M8 5v14M16 5v14"),
  connecting: LINE("M20 12a8 8 0 1 1-2.3-5.7M20 3v4.5h-4.5"),
  close: LINE("M6 6l12 12M18 6 6 18"),
  sun: LINE("M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5"),
  moon: LINE("M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z"),
  next: LINE("M8 4l8 8-8 8"),
  previous: LINE("M16 4l-8 8 8 8"),
  eye: LINE("M2 12s3.5-6 10-6 10 6 10 6-3.5 6-10 6S2 12 2 12ZM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z"),
  bell: LINE("M6 16V11a6 6 0 1 1 12 0v5l2 2H4ZM10 21h4"),
  clock: LINE("M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l3.5 2"),
  out: LINE("M10 4H5v16h5M14 8l4 4-4 4M18 12H9"),
  large: LINE("M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"),
  still: LINE("M4 7h4l2-3h4l2 3h4v13H4ZM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z"),
  unchanged: LINE("M4 9h16M4 15h16"),
  sound: LINE("M4 9h4l5-4v14l-5-4H4ZM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12"),
  muted: LINE("M4 9h4l5-4v14l-5-4H4ZM17 9.5l5 5M22 9.5l-5 5"),
  lock: LINE("M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3"),
  key: LINE("M14 10a4 4 0 1 0-4 4l1-1h2v-2h1ZM13 11l7 7v2h-3v-2h-2v-2"),
} as const;

export type IconName = keyof typeof DRAWINGS;

export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${DRAWINGS[name]}</svg>`;
}
