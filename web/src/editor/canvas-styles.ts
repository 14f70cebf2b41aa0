/** Styles of the drawing. The selected feature has a thick dashed edge, not only another colour. */

import { css } from "lit";

export const canvasStyles = css`
  :host {
    display: grid;
    min-height: 0;
  }
  .map {
    background: var(--ground);
    font: inherit;
    z-index: 0;
  }
  :host([drawing]) .map {
    cursor: crosshair;
  }
  path {
    fill: var(--room);
    fill-opacity: 0.75;
    stroke: var(--wall);
    stroke-width: 1.5;
  }
  path.building,
  path.floor {
    fill-opacity: 0.35;
    stroke-width: 3;
  }
  path.room.hallway,
  path.room.stairwell {
    fill: var(--room-walk);
  }
  path.ground {
    fill: var(--room-special);
    stroke-dasharray: 6 4;
  }
  path.cone {
    fill: var(--view);
    fill-opacity: 0.07;
    stroke: none;
  }
  path.cone.selected {
    fill-opacity: 0.35;
  }
  path.selected:not(.cone) {
    stroke: var(--focus);
    stroke-width: 4;
    stroke-dasharray: 8 4;
  }
  path.preview {
    fill: var(--accent);
    fill-opacity: 0.2;
    stroke: var(--accent);
    stroke-width: 2;
    stroke-dasharray: 4 4;
  }
  path.cursor {
    fill: none;
    stroke: var(--text);
    stroke-width: 1.5;
  }
  path.cursor.corner,
  path.cursor.wall {
    fill: var(--focus);
    fill-opacity: 1;
    stroke: var(--focus);
  }
  .word > span,
  .mark > span {
    position: absolute;
    transform: translate(-50%, -50%);
    width: max-content;
    max-width: 12em;
    font-size: 0.75rem;
    font-weight: 600;
    text-align: center;
    color: var(--text);
    pointer-events: none;
  }
  .mark > span {
    min-width: 18px;
    min-height: 18px;
    padding: 1px 4px;
    border: 2px solid var(--wall);
    border-radius: 4px;
    background: var(--panel);
    pointer-events: auto;
    cursor: pointer;
  }
  /* While somebody is drawing, a click goes to the drawing, not to a sign that covers it. */
  :host([drawing]) .mark > span {
    pointer-events: none;
  }
  .mark.camera > span {
    border-radius: 50%;
    border-color: var(--view);
    color: var(--view);
  }
  .mark.door.exterior > span {
    border-color: var(--text);
    background: var(--text);
    color: var(--panel);
  }
  .mark.door.interior > span {
    min-width: 10px;
    min-height: 10px;
    padding: 0;
  }
  .mark.selected > span {
    outline: 3px dashed var(--focus);
    outline-offset: 2px;
  }
  .knob {
    border: 2px solid var(--focus);
    background: var(--panel);
    cursor: move;
  }
  .knob.middle {
    border-radius: 50%;
    opacity: 0.75;
  }
  .knob.turn {
    border-radius: 50%;
    background: var(--focus);
    cursor: grab;
  }
`;
