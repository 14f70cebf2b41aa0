/** Styles of a tile. Words on a picture have a solid background, so that they stay readable over any picture. */

import { css } from "lit";

export const tileStyles = css`
  :host {
    position: relative;
    display: block;
    overflow: hidden;
    min-height: 120px;
    background: #000;
    border: 3px solid #5f7183;
    border-radius: 6px;
    color: #fff;
    container-type: size;
  }
  :host([data-state="live"]) {
    border-color: #39c772;
  }
  :host([data-state="delayed"]) {
    border-color: #ffb020;
    border-style: double;
    border-width: 5px;
  }
  :host([data-state="unverified"]) {
    border-color: #8fd3ff;
    border-style: dashed;
  }
  .glass,
  .hatch,
  video {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
  }
  video {
    object-fit: contain;
  }
  :host([data-state="not_live"]) video {
    filter: grayscale(1) brightness(0.55);
  }
  .hatch {
    background: repeating-linear-gradient(
      -45deg,
      rgb(255 255 255 / 0.2) 0 3px,
      transparent 3px 18px
    );
    pointer-events: none;
  }
  .top,
  .bottom {
    position: absolute;
    left: 0;
    right: 0;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px;
    padding: 6px;
  }
  .top {
    top: 0;
    align-items: flex-start;
  }
  .sent {
    margin-left: auto;
  }
  /* The notes have their own row, so that nothing moves when they appear or disappear. */
  .notes {
    display: flex;
    flex: 1 0 100%;
    flex-wrap: wrap;
    gap: 6px;
  }
  .bottom {
    bottom: 0;
    flex-wrap: nowrap;
    pointer-events: none;
  }
  .bottom > * {
    pointer-events: auto;
  }
  .bottom button {
    flex: none;
  }
  .state,
  .note,
  .name {
    display: inline-flex;
    align-items: center;
    gap: 0.4em;
    padding: 0.2em 0.55em;
    border-radius: 4px;
    background: #0b0f13;
    font-weight: 700;
    font-size: 0.9375rem;
    line-height: 1.4;
  }
  .state {
    font-size: 1.0625rem;
    border: 2px solid currentColor;
  }
  .state.live {
    background: #0b3d20;
    color: #d6ffe4;
  }
  .state.delayed {
    background: #ffc14d;
    color: #201400;
    border-color: #201400;
  }
  .state.not_live {
    background: #fff;
    color: #14181c;
    border-color: #14181c;
  }
  .state.unverified {
    background: #0b2a3d;
    color: #cdeaff;
    border-style: dashed;
  }
  .note {
    border: 2px solid #ffc14d;
    color: #ffd98f;
    font-size: 1.0625rem;
  }
  .note.sent {
    border: 1px solid #8794a1;
    color: #fff;
    font-size: 0.8125rem;
  }
  .note.why {
    border: 1px solid #8fd3ff;
    color: #fff;
    font-size: 0.875rem;
    font-weight: 600;
  }
  details.sent {
    display: block;
    max-width: min(44ch, 100%);
    font-weight: 500;
  }
  summary {
    min-height: 24px;
    font-weight: 700;
    cursor: pointer;
  }
  .name {
    display: block;
    margin-right: auto;
    min-width: 0;
    font-weight: 600;
    line-height: 1.2;
  }
  .school {
    display: block;
    font-size: 0.8125rem;
    font-weight: 700;
  }
  kbd {
    margin-right: 0.4em;
    padding: 0 0.4em;
    border: 1px solid currentColor;
    border-radius: 3px;
    font: inherit;
  }
  .bottom button {
    min-width: var(--tile-button, 30px);
    min-height: var(--tile-button, 30px);
    padding: 0 0.6em;
    background: #0b0f13;
    border-color: #8794a1;
    color: #fff;
    font-size: 0.8125rem;
  }
  .bottom button:hover {
    background: #2a3541;
  }
  .words {
    position: absolute;
    inset: 50% 8% auto;
    transform: translateY(-50%);
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 10px;
    width: fit-content;
    max-width: 84%;
    margin-inline: auto;
    padding: 0.5em 0.9em;
    border-radius: 6px;
    background: #0b0f13;
    font-weight: 600;
    text-align: center;
  }
  .choice {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 8px;
  }
  .words button {
    min-height: var(--tile-button, 32px);
    background: #fff;
    border-color: #fff;
    color: #14181c;
  }
  @container (max-width: 360px) {
    .bottom {
      align-items: flex-end;
      gap: 4px;
      padding: 4px;
    }
    .name {
      padding: 0.1em 0.4em;
      font-size: 0.8125rem;
      line-height: 1.1;
    }
    .school {
      font-size: 0.75rem;
    }
  }
  /* The name has the full width below the buttons, and words are above both, so none covers another. */
  @container (max-width: 300px) {
    .switch,
    :host([closable]) .choice .dismiss {
      display: none;
    }
    .bottom {
      flex-wrap: wrap;
      justify-content: flex-end;
      gap: 2px 4px;
    }
    .name {
      flex: 1 0 100%;
      order: 1;
    }
    .words {
      inset: 38px 4px auto;
      transform: none;
      align-items: flex-start;
      gap: 4px;
      max-width: none;
      padding: 0.2em 0.4em;
      font-size: 0.8125rem;
      line-height: 1.15;
      text-align: left;
    }
  }
  @container (max-width: 260px) {
    .state {
      font-size: 0.875rem;
    }
    .note {
      font-size: 0.8125rem;
    }
    .note.sent {
      font-size: 0.6875rem;
    }
  }
`;
