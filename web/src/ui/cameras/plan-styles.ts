/** Styles of the floor plan. Rooms differ by background and words, cameras by icon and outline. */

import { css } from "lit";

export const planStyles = css`
  :host {
    position: relative;
    display: grid;
    grid-template-rows: auto minmax(0, 1fr);
    min-height: 220px;
    overflow: hidden;
  }
  .floors {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    padding: 6px;
  }
  .floors .print {
    margin-left: auto;
    color: inherit;
    text-decoration: none;
  }
  @media (max-width: 1100px) {
    .floors .print {
      display: none;
    }
  }
  .floors button[aria-pressed="true"] {
    border-color: var(--accent);
    box-shadow: inset 0 -3px 0 var(--accent);
  }
  .map {
    background: var(--ground);
    font: inherit;
    z-index: 0;
  }
  .north {
    position: absolute;
    right: 10px;
    top: 54px;
    z-index: 1;
    color: var(--text);
    font-weight: 700;
    line-height: 1.1;
    text-align: center;
    pointer-events: none;
  }
  .due {
    margin: 4px 6px;
    padding: 4px 36px 4px 8px;
    border-left: 4px solid var(--warn);
    color: var(--warn);
    font-weight: 600;
  }
  .more {
    bottom: 22px;
    font-weight: 650;
  }
  .verified {
    bottom: 4px;
  }
  .more,
  .verified {
    position: absolute;
    right: 6px;
    z-index: 1;
    padding: 0 4px;
    background: var(--ground);
    color: var(--muted);
    font-size: 0.75rem;
    pointer-events: none;
  }
  .leaflet-container path.outline {
    fill: var(--room);
    fill-opacity: 1;
    stroke: var(--wall);
    stroke-width: 3;
  }
  .leaflet-container path.room {
    fill: var(--room);
    fill-opacity: 1;
    stroke: var(--wall);
    stroke-width: 1.2;
  }
  .leaflet-container path.room.walk {
    fill: var(--room-walk);
  }
  .leaflet-container path.room.special {
    fill: var(--room-special);
  }
  .leaflet-container path.room.origin {
    fill: var(--bad);
    fill-opacity: 0.35;
    stroke: var(--bad);
    stroke-width: 5;
  }
  .leaflet-container path.room.origin.earlier {
    fill-opacity: 0.12;
    stroke-width: 2.5;
    stroke-dasharray: 2 5;
  }
  .leaflet-container path.view {
    fill: var(--view);
    fill-opacity: 0.3;
    stroke: none;
  }
  .leaflet-container path.view.shown {
    fill-opacity: 0.1;
    stroke: var(--view);
    stroke-opacity: 0.45;
    stroke-width: 1;
  }
  .label > div,
  .feature > div,
  .door > div,
  .camera > button {
    position: absolute;
    transform: translate(-50%, -50%);
    width: max-content;
  }
  .label {
    color: var(--text);
    font-size: 0.6875rem;
    font-weight: 600;
    line-height: 1.15;
    text-align: center;
    white-space: pre-line;
  }
  .label.walk {
    color: var(--muted);
    font-weight: 500;
  }
  .label.origin > div {
    padding: 2px 6px;
    border: 2px solid #fff;
    border-radius: 4px;
    background: #a3080d;
    color: #fff;
    font-size: 0.8125rem;
    font-weight: 800;
  }
  .label.earlier > div {
    border: 2px dashed #a3080d;
    background: #fff;
    color: #8a0a0f;
    font-size: 0.75rem;
  }
  .camera > button {
    min-height: 0;
    height: 28px;
    min-width: 28px;
    padding: 0 4px;
    gap: 3px;
    border: 2px solid var(--view);
    border-radius: 15px;
    background: var(--panel);
    color: var(--view);
    pointer-events: auto;
    font-size: 0.8125rem;
  }
  .camera > button.shown {
    background: var(--view);
    color: var(--panel);
    box-shadow: 0 0 0 2px var(--panel);
  }
  .camera > button.fault {
    border-style: dashed;
    border-color: var(--bad);
    border-radius: 5px;
    color: var(--bad);
    background: var(--panel);
  }
  .camera > button.closed {
    border: 2px dotted var(--line-strong);
    border-radius: 5px;
    color: var(--muted);
  }
  .leaflet-bar a {
    background: var(--raised);
    color: var(--text);
    border-color: var(--line-strong);
    width: 36px;
    height: 36px;
    line-height: 34px;
  }
  .leaflet-control-scale-line {
    background: var(--panel);
    color: var(--text);
    border-color: var(--text);
    text-shadow: none;
  }
  @media (pointer: coarse) {
    .camera > button {
      height: 44px;
      min-width: 44px;
      border-radius: 22px;
    }
    .leaflet-bar a {
      width: 44px;
      height: 44px;
      line-height: 42px;
    }
  }
`;
