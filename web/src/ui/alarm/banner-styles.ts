/** Styles of an alarm. The three kinds differ by background, edge pattern and frame. */

import { css } from "lit";

export const bannerStyles = css`
  :host {
    display: block;
  }
  article {
    display: grid;
    grid-template-columns: 36px minmax(0, 1fr) 36px;
    border: 2px solid;
    border-radius: 8px;
    overflow: hidden;
  }
  .real {
    background: #a3080d;
    border-color: #ffb3b0;
    color: #fff;
  }
  .drill {
    background: #0b3a66;
    border-color: #bfe0ff;
    border-style: dashed;
    color: #fff;
  }
  .test {
    background: #3a424a;
    border-color: #d5dbe0;
    border-style: dotted;
    color: #fff;
  }
  .real .edge {
    background: repeating-linear-gradient(45deg, #ffd500 0 12px, #1a1a1a 12px 24px);
  }
  .drill .edge {
    background: repeating-linear-gradient(0deg, #bfe0ff 0 5px, #0b3a66 5px 14px);
  }
  .test .edge {
    background: radial-gradient(#d5dbe0 2.5px, transparent 3px) 0 0 / 12px 12px;
  }
  .body {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 20px;
    padding: 6px 14px;
  }
  .kind {
    display: flex;
    align-items: center;
    gap: 10px;
    font-size: 1.75rem;
    font-weight: 850;
    letter-spacing: 0.05em;
    line-height: 1.1;
  }
  .kind svg.icon {
    width: 1.35em;
    height: 1.35em;
  }
  .what {
    flex: 1 1 240px;
    min-width: 0;
  }
  .acts {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    min-width: 0;
    gap: 8px;
  }
  .where {
    font-size: 1.1875rem;
    font-weight: 700;
  }
  button {
    min-height: 56px;
    padding: 4px 0.875em;
    background: #fff;
    border-color: #fff;
    color: #14181c;
    font-size: 1rem;
    white-space: normal;
  }
  button:hover {
    background: #dfe5ea;
  }
  .more {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 14px;
  }
  .left svg.icon {
    display: none;
  }
  .soon {
    display: inline-flex;
    gap: 0.35em;
    padding: 0 6px;
    border-radius: 4px;
    background: #ffd500;
    color: #14181c;
    font-weight: 800;
  }
  .failed,
  .why {
    flex-basis: 100%;
    font-weight: 700;
  }
  .late {
    display: inline-flex;
    align-items: center;
    gap: 0.35em;
    padding: 1px 8px;
    border: 2px solid #14181c;
    border-radius: 4px;
    background: #fff;
    color: #14181c;
    font-weight: 800;
  }
  sl-triggers {
    flex-basis: 100%;
  }
  @media (max-width: 1400px) {
    .meaning,
    .as {
      display: none;
    }
    article {
      grid-template-columns: 16px minmax(0, 1fr) 16px;
    }
    .kind {
      font-size: 1.5rem;
    }
    .where {
      font-size: 1.0625rem;
    }
    .more {
      font-size: 0.875rem;
    }
  }
  @media (max-height: 640px) {
    .meaning {
      display: none;
    }
  }
  @media (max-width: 600px) {
    .body {
      padding: 6px 8px;
    }
    .left {
      display: none;
    }
    .what,
    .acts,
    .why,
    .failed,
    sl-triggers {
      flex-basis: 100%;
    }
    .acts > * {
      flex: 1 1 auto;
    }
    sl-triggers {
      order: 1;
    }
  }
`;
