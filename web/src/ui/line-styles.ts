/** Styles of the lines under the header. Each line tells or asks one thing, and never covers a picture. */

import { css } from "lit";

export const line = css`
  :host {
    display: block;
  }
  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
    padding: 6px 12px;
    background: var(--raised);
    border-bottom: 1px solid var(--line-strong);
  }
  .line.strong {
    border-left: 8px solid var(--warn);
    border-bottom: 2px solid var(--warn);
    background: var(--panel);
  }
  .line p {
    flex: 1 1 260px;
    min-width: 0;
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  .buttons button {
    min-height: 44px;
    white-space: normal;
  }
`;
