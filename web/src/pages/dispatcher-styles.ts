/** Styles of the dispatcher's page: wall and plan side by side, or one above the other on a narrow screen. */

import { css } from "lit";

export const dispatcherStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  main {
    flex: 1;
    min-height: 0;
    display: grid;
    grid-template: auto minmax(0, 1fr) / minmax(0, 1fr) clamp(340px, 30vw, 620px);
    gap: 8px;
    padding: 8px;
  }
  .alarms {
    grid-column: 1 / -1;
    display: grid;
    gap: 6px;
  }
  .wall {
    grid-row: 2;
    min-height: 0;
    overflow: auto;
  }
  aside {
    grid-row: 2;
    display: grid;
    grid-template-rows: minmax(310px, 1.15fr) minmax(150px, 1fr);
    gap: 8px;
    min-height: 0;
  }
  .plan {
    display: grid;
    grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
    min-height: 0;
    overflow: hidden;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    padding: 6px 8px 0;
  }
  .bar button {
    flex: 1 1 150px;
    min-width: 0;
    min-height: 44px;
    line-height: 1.15;
    white-space: normal;
  }
  .bar h2 {
    padding: 4px;
  }
  .bar select {
    flex: 1 1 150px;
    min-width: 0;
  }
  .lists {
    display: grid;
    grid-template-rows: minmax(0, 2.4fr) minmax(0, 1fr);
    gap: 8px;
    min-height: 0;
  }
  .lists > section {
    overflow: auto;
    min-height: 0;
  }
  .lists h2 {
    position: sticky;
    top: 0;
    padding: 8px 12px;
    background: var(--panel);
  }
  .row {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto 4.6em;
    gap: 0 8px;
    width: 100%;
    border: 0;
    border-top: 1px solid var(--line);
    border-radius: 0;
    background: none;
    padding: 4px 12px;
    text-align: left;
    font-weight: 500;
  }
  .row .name {
    min-width: 0;
    font-weight: 600;
    white-space: normal;
  }
  .row .ok,
  .row .fault {
    grid-row: 2;
    grid-column: 1 / -1;
    display: flex;
    gap: 0.3em;
    font-size: 0.8125rem;
    white-space: normal;
  }
  .row .ok {
    grid-row: 1;
    grid-column: 2;
  }
  /* Only LIVE is green: an unchecked age must not look reassuring. */
  .row .ok.live {
    color: var(--good);
  }
  .row .fault {
    color: var(--bad);
  }
  .row .verb {
    grid-row: 1;
    grid-column: 3;
    color: var(--accent);
    font-size: 0.8125rem;
    font-weight: 650;
    text-align: right;
  }
  .row .locked {
    display: inline-flex;
    gap: 0.25em;
    align-items: center;
    white-space: nowrap;
    color: var(--muted);
  }
  .row[aria-pressed="true"] {
    background: var(--hover);
    box-shadow: inset 4px 0 0 var(--accent);
  }
  .grid {
    display: grid;
    gap: 6px;
    height: 100%;
    grid-auto-rows: minmax(0, 1fr);
    grid-template-columns: minmax(0, 1fr);
  }
  .grid[data-columns="2"] {
    grid-template-columns: repeat(2, minmax(0, 1fr));
  }
  .grid[data-columns="3"] {
    grid-template-columns: repeat(3, minmax(0, 1fr));
  }
  .grid[data-columns="4"] {
    grid-template-columns: repeat(4, minmax(0, 1fr));
  }
  .grid[data-columns="5"] {
    grid-template-columns: repeat(5, minmax(0, 1fr));
  }
  button.overlay {
    min-height: 30px;
    padding: 0 0.6em;
    border-color: #8794a1;
    background: #0b0f13;
    color: #fff;
  }
  .empty-wall {
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 8px;
    height: 100%;
    padding: 24px;
    border: 2px dashed var(--line-strong);
    border-radius: 8px;
    text-align: center;
  }
  .empty-wall p {
    max-width: 46ch;
  }
  .empty-wall svg.icon {
    width: 48px;
    height: 48px;
    color: var(--muted);
  }
  @media (max-width: 600px) {
    .grid[data-columns]:not([data-columns="1"]) {
      height: auto;
      grid-auto-rows: 182px;
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
  }
  @media (max-width: 900px) {
    :host {
      overflow: auto;
    }
    main {
      grid-template: none;
      grid-template-columns: minmax(0, 1fr);
      flex: none;
    }
    .wall,
    aside {
      grid-row: auto;
    }
    .wall {
      height: 62vh;
    }
    aside {
      grid-template-rows: 420px auto;
    }
    .lists {
      grid-template-rows: auto auto;
    }
  }
`;
