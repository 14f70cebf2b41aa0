/** Styles of the signs on the floor plan, of windows, leader lines and grounds. */

import { css } from "lit";

export const planSignStyles = css`
  .door button,
  .feature button {
    position: relative;
    min-width: 0;
    min-height: 0;
    margin: 0;
    border: 0;
    border-radius: 2px;
    background: none;
    color: var(--text);
    font-weight: 800;
    line-height: 1.2;
    pointer-events: auto;
  }
  .feature button {
    padding: 1px 4px;
    font-size: 0.625rem;
  }
  .feature.hexagon button,
  .feature.circle button {
    padding: 2px 6px;
  }
  .feature.pentagon button {
    padding: 5px 4px 1px;
  }
  .feature.diamond button {
    padding: 5px 9px;
  }
  .feature .shape {
    position: absolute;
    inset: 0;
    /* Leaflet lifts every drawing in a map above its siblings. */
    z-index: 0;
    width: 100%;
    height: 100%;
    fill: var(--panel);
    stroke: var(--text);
    stroke-width: 1.2;
  }
  .feature span {
    position: relative;
    z-index: 1;
  }
  /* For those who hear the page. */
  .door .words,
  .feature .words {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .feature.filled .shape {
    fill: var(--text);
  }
  .feature.filled span {
    color: var(--panel);
  }
  .door.exterior button,
  .door.gate button {
    display: inline-flex;
    align-items: center;
    gap: 2px;
    padding: 0 3px;
    background: var(--text);
    color: var(--panel);
    font-size: 0.6875rem;
  }
  .door.gate button {
    outline: 1px dashed var(--panel);
    outline-offset: -2px;
  }
  .door .leaf {
    width: 8px;
    height: 11px;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.6;
  }
  .opening > div {
    position: absolute;
    transform: translate(-50%, -50%);
    width: max-content;
    padding: 0 2px;
    background: var(--ground);
    color: var(--text);
    font-size: 0.625rem;
    font-style: italic;
  }
  .leaflet-container path.window {
    stroke: var(--ground);
    stroke-width: 2;
    stroke-opacity: 1;
    stroke-linecap: butt;
  }
  .leaflet-container path.leader {
    fill: none;
    stroke: var(--text);
    stroke-opacity: 1;
    stroke-width: 1;
  }
  .leaflet-container path.ground {
    fill: var(--room-walk);
    fill-opacity: 0.4;
    stroke: var(--line-strong);
    stroke-opacity: 1;
    stroke-width: 1;
    stroke-dasharray: 5 3;
  }
  .leaflet-container path.ground.line {
    fill: none;
  }
  .label.ground {
    color: var(--muted);
    font-style: italic;
  }
  .said .leaflet-popup-content-wrapper,
  .said .leaflet-popup-tip {
    background: var(--panel);
    color: var(--text);
  }
  .said .leaflet-popup-content {
    margin: 10px 28px 10px 12px;
    font-size: 0.875rem;
    font-weight: 650;
  }
  .door.interior button {
    display: block;
    padding: 0;
    width: 6px;
    height: 6px;
    border: 1.5px solid var(--wall);
    background: var(--room);
  }
  @media (pointer: coarse) {
    .door button::after,
    .feature button::after {
      content: "";
      position: absolute;
      inset: -10px;
    }
  }
`;
