/** Styles that every component uses. Colours are variables of the two themes (theme.css). */

import { css } from "lit";

export const base = css`
  * {
    box-sizing: border-box;
  }
  :host {
    color: var(--text);
    font: 400 0.9375rem/1.4 var(--font);
  }
  :host([hidden]) {
    display: none;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  h2 {
    font-size: 0.8125rem;
    font-weight: 650;
    letter-spacing: 0.04em;
    text-transform: uppercase;
    color: var(--muted);
  }
  svg.icon {
    width: 1.25em;
    height: 1.25em;
    flex: none;
    vertical-align: -0.25em;
  }
  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5em;
    min-height: 36px;
    padding: 0 0.875em;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--raised);
    font-weight: 600;
    white-space: nowrap;
    cursor: pointer;
    touch-action: manipulation;
  }
  button:hover {
    background: var(--hover);
  }
  button.primary {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
  }
  button.quiet {
    border-color: transparent;
    background: transparent;
  }
  button:disabled {
    opacity: 0.55;
    cursor: not-allowed;
  }
  :focus-visible {
    outline: 3px solid var(--focus);
    outline-offset: 2px;
  }
  select,
  input {
    min-height: 36px;
    padding: 0 0.625em;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--panel);
  }
  .muted {
    color: var(--muted);
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .panel {
    background: var(--panel);
    border: 1px solid var(--line);
    border-radius: 8px;
  }
  .empty {
    padding: 16px;
    color: var(--muted);
  }
  .error {
    padding: 10px 12px;
    border: 1px solid var(--line-strong);
    border-left: 6px solid var(--bad);
    border-radius: 6px;
    background: var(--panel);
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
