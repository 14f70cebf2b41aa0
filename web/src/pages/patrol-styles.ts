/** Styles of a patrol car's page: for gloves, glare and a laptop that shakes. */

import { css } from "lit";

export const patrolStyles = css`
  :host {
    display: block;
    min-height: 0;
  }
  main {
    display: grid;
    grid-template: auto minmax(0, 1fr) auto / minmax(0, 1.45fr) minmax(0, 1fr);
    gap: 8px;
    height: 100%;
    padding: 8px;
  }
  .alarms,
  nav {
    grid-column: 1 / -1;
  }
  .view,
  .plan {
    grid-row: 2;
    min-height: 0;
    overflow: hidden;
  }
  .plan {
    display: grid;
    grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    padding: 6px 6px 0;
  }
  .bar select,
  .bar button {
    flex: 1 1 160px;
    min-width: 0;
    min-height: 56px;
    font-weight: 650;
    white-space: normal;
  }
  .alarms {
    display: grid;
    gap: 6px;
    --trigger-button: 48px;
  }
  .view {
    --tile-button: 48px;
  }
  .view .empty {
    display: grid;
    place-content: center;
    padding: 24px;
    font-size: 1.125rem;
    text-align: center;
  }
  .view sl-tile,
  .view .empty {
    height: 100%;
  }
  nav {
    grid-row: 3;
    display: grid;
    grid-template-columns: minmax(110px, 1fr) minmax(0, 2fr) auto minmax(110px, 1fr);
    gap: 8px;
  }
  nav button {
    min-height: 72px;
    font-size: 1.25rem;
  }
  nav .keys {
    display: grid;
    gap: 0;
    font-size: 1rem;
    line-height: 1.25;
  }
  nav .now {
    display: grid;
    align-content: center;
    text-align: center;
    overflow: hidden;
    font-size: 1.125rem;
    font-weight: 700;
  }
  nav .now small {
    font-weight: 500;
  }
  @media (orientation: portrait) {
    :host {
      overflow: auto;
    }
    main {
      grid-template: auto minmax(200px, 1fr) minmax(300px, 1.2fr) auto / minmax(0, 1fr);
      height: auto;
      min-height: 100%;
    }
    .plan {
      grid-row: 3;
    }
    nav {
      position: sticky;
      bottom: 0;
      z-index: 2;
      grid-row: 4;
      margin: 0 -8px -8px;
      padding: 8px;
      background: var(--ground);
    }
  }
  @media (max-width: 480px) {
    nav {
      grid-template-columns: 1fr 1fr;
    }
    nav .now {
      display: none;
    }
    nav .keys {
      display: flex;
      grid-column: 1 / -1;
      order: 1;
      gap: 8px;
      min-height: 44px;
    }
  }
  /* A touch screen usually has no keyboard. */
  @media not all and (any-pointer: fine) {
    nav .keys,
    nav .now small .arrows {
      display: none;
    }
  }
  @media (min-width: 481px) and (not (any-pointer: fine)) {
    nav {
      grid-template-columns: minmax(110px, 1fr) minmax(0, 2fr) minmax(110px, 1fr);
    }
  }
`;
