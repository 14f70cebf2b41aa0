/** A thumb-sized link that makes a phone dial 911. It is shown when the alarm may not have reached anybody. */

import { css, html, type TemplateResult } from "lit";

import { icon } from "../icons.js";

export const callStyles = css`
  a[href^="tel:"] {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 10px;
    min-height: 68px;
    border-radius: 10px;
    background: #a3080d;
    color: #fff;
    font-size: 1.5rem;
    font-weight: 850;
    text-decoration: none;
  }
`;

export const call911 = (words: string): TemplateResult =>
  html`<a href="tel:911" data-testid="call-911">${icon("bell")}${words}</a>`;
