/** Lists who is watching which camera of a school, and since when. */

import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { StoreObserver } from "../../app/observer.js";
import { schoolIfMany } from "../../app/schools.js";
import { store } from "../../app/store.js";
import { ROLE_WORDS, span } from "../../core/labels.js";
import { icon } from "../icons.js";
import { base } from "../styles.js";

@customElement("sl-watchers")
export class Watchers extends LitElement {
  static override styles = [
    base,
    css`
      h2 {
        position: sticky;
        top: 0;
        padding: 8px 12px;
        background: var(--panel);
      }
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 0 10px;
        padding: 6px 12px;
        border-top: 1px solid var(--line);
      }
      li .cameras {
        flex-basis: 100%;
        font-size: 0.8125rem;
      }
      .empty {
        padding: 8px 12px 12px;
      }
    `,
  ];

  @property() site = "";

  constructor() {
    super();
    new StoreObserver(this, true);
  }

  override render(): TemplateResult {
    const watchers = store.watchers.get(this.site) ?? [];
    const school = schoolIfMany(this.site);
    const people = new Map<string, typeof watchers>();
    for (const one of watchers) people.set(one.principal, [...(people.get(one.principal) ?? []), one]);
    return html`<div data-testid="watchers">
      <h2>${icon("eye")} Watching${school ? ` ${school}` : ""} now: ${people.size}</h2>
      ${people.size === 0 ? html`<p class="empty">Nobody is watching this school.</p>` : ""}
      <ul>
        ${[...people.values()].map((views) => {
          const [first] = views;
          if (!first) return html``;
          const since = Math.min(...views.map((view) => view.since_at));
          const names = views.map((view) => store.camera(view.camera)?.name ?? view.camera);
          return html`<li>
            <strong>${first.name}</strong><span class="muted">${ROLE_WORDS[first.role]}</span>
            <span class="muted number">${span(store.wall() - since)}</span>
            <span class="cameras">${[...new Set(names)].join(", ")}</span>
          </li>`;
        })}
      </ul>
    </div>`;
  }
}
