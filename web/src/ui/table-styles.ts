/** Styles of the pages that show a table. */

import { css } from "lit";

export const tableStyles = css`
  :host {
    display: block;
    overflow: auto;
  }
  main.drawing {
    display: grid;
    grid-template-rows: auto auto minmax(0, 1fr);
    gap: 6px;
    height: 100%;
    padding: 6px 0 0;
    overflow: hidden;
  }
  main.drawing sl-plan-editor {
    grid-row: 3;
  }
  main.drawing sl-alarm {
    grid-row: 1;
  }
  .tabs {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    padding: 0 12px;
  }
  .tabs button[aria-pressed="true"] {
    border-color: var(--accent);
    box-shadow: inset 0 -3px 0 var(--accent);
  }
  main {
    display: grid;
    gap: 12px;
    padding: 12px;
  }
  .title {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 4px 16px;
  }
  h1 {
    font-size: 1.375rem;
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.875rem;
  }
  th,
  td {
    padding: 7px 10px;
    border-bottom: 1px solid var(--line);
    text-align: left;
    vertical-align: top;
  }
  thead th {
    color: var(--muted);
    font-size: 0.8125rem;
    white-space: nowrap;
  }
  tbody tr:last-child > * {
    border-bottom: 0;
  }
  tbody tr:not([data-state="up"])[data-state] > th {
    box-shadow: inset 5px 0 0 var(--bad);
  }
  th.right,
  td.right {
    text-align: right;
  }
  td.number,
  .whole,
  .tag,
  .clock .state {
    white-space: nowrap;
  }
  .facts {
    min-width: 190px;
    overflow-wrap: anywhere;
  }
  .facts b {
    font-weight: 600;
    color: var(--muted);
  }
  .facts summary {
    color: var(--muted);
    cursor: pointer;
  }
  .camera-name {
    min-width: 250px;
  }
  small {
    display: block;
    color: var(--muted);
    font-size: 0.75rem;
    font-weight: 500;
  }
  .state {
    display: inline-flex;
    gap: 0.35em;
    font-weight: 650;
    white-space: nowrap;
  }
  .state.up {
    color: var(--good);
  }
  .state.down,
  .state.stalled {
    color: var(--bad);
  }
  .state.connecting {
    color: var(--warn);
  }
  .tag {
    display: flex;
    gap: 0.35em;
    width: fit-content;
    margin-top: 4px;
    padding: 0 6px;
    border: 1px solid var(--line-strong);
    border-radius: 4px;
    font-size: 0.75rem;
    font-weight: 650;
  }
  .advice {
    min-width: 200px;
    max-width: 380px;
  }
  form {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 12px;
  }
  @media (max-width: 1400px) {
    th,
    td {
      padding-inline: 6px;
    }
    td.when {
      white-space: normal;
    }
    .camera-name {
      min-width: 180px;
    }
    .advice {
      min-width: 170px;
    }
  }
`;
