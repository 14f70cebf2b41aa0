/** Styles of the floor plan editor. On a narrow screen the properties come below the drawing. */

import { css } from "lit";

export const editorStyles = css`
  :host {
    display: grid;
    grid-template-rows: auto auto minmax(0, 1fr);
    min-height: 0;
    height: 100%;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 12px;
    padding: 6px 12px;
    border-bottom: 1px solid var(--line);
  }
  .group {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
  }
  button[aria-pressed="true"] {
    border-color: var(--accent);
    box-shadow: inset 0 -3px 0 var(--accent);
  }
  .sheet {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    font-weight: 600;
  }
  .status {
    margin-left: auto;
  }
  .hint {
    padding: 4px 12px;
    color: var(--muted);
  }
  .work {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 340px;
    min-height: 0;
  }
  aside {
    overflow: auto;
    border-left: 1px solid var(--line);
    background: var(--panel);
  }
  @media (max-width: 800px) {
    .work {
      grid-template: minmax(260px, 50vh) auto / minmax(0, 1fr);
      overflow: auto;
    }
    aside {
      border-left: none;
    }
  }
`;
