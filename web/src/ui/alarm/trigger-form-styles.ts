/** Styles of the trigger form: large targets; kinds differ by word, icon and border. */

import { css } from "lit";

export const triggerFormStyles = css`
  section {
    display: grid;
    gap: 12px;
    padding: 14px;
  }
  fieldset {
    display: grid;
    grid-template-columns: repeat(3, minmax(0, 1fr));
    gap: 8px;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0 0 6px;
    font-weight: 650;
  }
  fieldset label {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-height: 56px;
    border: 2px solid var(--line-strong);
    border-radius: 8px;
    font-weight: 750;
    cursor: pointer;
  }
  @media (max-width: 480px) {
    fieldset:not(.people) label {
      gap: 4px;
      font-size: 0.875rem;
    }
  }
  fieldset label.drill {
    border-style: dashed;
  }
  fieldset label.test {
    border-style: dotted;
  }
  fieldset label:has(:checked) {
    outline: 3px solid var(--text);
    outline-offset: -1px;
    background: var(--hover);
  }
  fieldset label:has(:focus-visible) {
    outline: 3px solid var(--focus);
    outline-offset: 2px;
  }
  fieldset input {
    width: 18px;
    min-height: 18px;
    margin: 0;
    accent-color: var(--accent);
  }
  fieldset.people {
    grid-template-columns: minmax(0, 1fr);
  }
  fieldset.people label {
    justify-content: flex-start;
    padding: 0 12px;
    min-height: 48px;
    border-width: 1px;
    font-weight: 600;
  }
  .field {
    display: grid;
    gap: 6px;
    font-weight: 650;
  }
  .field select,
  .field input {
    width: 100%;
    min-height: 52px;
    font-weight: 500;
  }
  .hold {
    white-space: normal;
    display: grid;
    justify-items: center;
    gap: 4px;
    padding-bottom: 14px;
  }
  .hold .word {
    display: flex;
    align-items: center;
    gap: 8px;
    font-size: 2rem;
    font-weight: 850;
    letter-spacing: 0.05em;
  }
  .hold small {
    font-size: 0.9375rem;
    font-weight: 500;
  }
`;
