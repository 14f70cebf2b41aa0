/** Styles of the coordinator's page: one column, large targets. */

import { css } from "lit";

export const coordinatorStyles = css`
  :host {
    display: block;
    overflow: auto;
  }
  main {
    display: grid;
    gap: 12px;
    width: min(680px, 100%);
    margin-inline: auto;
    padding: 12px;
  }
  .title {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 8px;
  }
  h1 {
    font-size: 1.375rem;
  }
  .part {
    display: grid;
    gap: 12px;
    padding: 14px;
  }
  .part li {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 8px;
    padding: 6px 0;
    border-bottom: 1px solid var(--line);
  }
  .note {
    flex-basis: 100%;
  }
`;
