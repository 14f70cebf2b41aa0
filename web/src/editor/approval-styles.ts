/** Styles of the plan that waits for approval: the list of changes, and before and after side by side. */

import { css } from "lit";

export const approvalStyles = css`
  dialog {
    width: min(1400px, 96vw);
    max-height: 94vh;
    padding: 16px;
    border: 2px solid var(--line-strong);
    border-radius: 8px;
    background: var(--panel);
    color: var(--text);
    overflow: auto;
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 60%);
  }
  dialog > * + * {
    margin-top: 12px;
  }
  header {
    display: flex;
    justify-content: space-between;
    gap: 12px;
  }
  h1 {
    font-size: 1.25rem;
  }
  ol {
    margin: 8px 0 0;
    padding-left: 2em;
  }
  li small {
    display: block;
    color: var(--muted);
    overflow-wrap: anywhere;
  }
  .sides {
    display: grid;
    grid-template-columns: repeat(2, minmax(0, 1fr));
    gap: 12px;
  }
  figure {
    margin: 0;
    min-width: 0;
  }
  figcaption {
    font-weight: 650;
  }
  svg {
    display: block;
    width: 100%;
    max-height: 60vh;
    border: 1px solid var(--line);
    background: var(--ground);
  }
  polygon,
  polyline,
  path {
    fill: none;
    stroke: var(--wall);
    stroke-width: 1px;
    vector-effect: non-scaling-stroke;
  }
  .room {
    fill: var(--room);
  }
  .door,
  .camera,
  .feature,
  .gate {
    fill: var(--wall);
  }
  .marked {
    stroke: var(--accent);
    stroke-width: 3px;
    stroke-dasharray: 7 3;
  }
  text {
    fill: var(--text);
    text-anchor: middle;
  }
  .badge circle {
    fill: var(--accent);
  }
  .badge text {
    fill: var(--on-accent);
    font-weight: 700;
  }
  .decision {
    position: sticky;
    bottom: -16px;
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 8px 12px;
    padding: 12px 0;
    border-top: 1px solid var(--line);
    background: var(--panel);
  }
  .decision label {
    flex: 1 1 260px;
  }
  .decision input {
    width: 100%;
  }
  .decision button {
    min-height: 44px;
  }
  @media (max-width: 700px) {
    .sides {
      grid-template-columns: minmax(0, 1fr);
    }
  }
`;
