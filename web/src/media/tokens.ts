/** Holds the page's permission to see: one valid token per site, renewed halfway through its lifetime. */

import { Problem } from "../core/gateway/api.js";
import type { Token } from "../core/protocol.js";

const RETRY = 2000;

interface Living {
  token: Token;
  /** Page times (seconds) at which the token should be renewed and at which it expires. */
  renewAt: number;
  voidAt: number;
}

/** Receives every fresh token of a site. */
export type TokenListener = (site: string, token: string) => void;

export class SiteTokens {
  readonly #living = new Map<string, Living>();
  readonly #asked = new Map<string, Promise<Living>>();
  readonly #listeners = new Set<TokenListener>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #users = new Map<string, number>();

  constructor(
    private readonly issue: (site: string) => Promise<Token>,
    private readonly now: () => number,
  ) {}

  /** Return a token that stays valid for a while. Raises Problem: 403 with its reason if the gateway issues none. */
  async token(site: string): Promise<string> {
    const living = this.#living.get(site);
    if (living && this.now() < living.renewAt) return living.token.token;
    return (await this.#fresh(site)).token.token;
  }

  /** Discard the site's token, and any that is being requested: the site's incidents have changed, so they may be void. */
  forget(site: string): void {
    this.#living.delete(site);
    this.#asked.delete(site);
  }

  /** Discard all tokens, because somebody else is signing in. */
  forgetAll(): void {
    this.#living.clear();
    this.#asked.clear();
  }

  /** Keep the site's token renewed while somebody is watching. Returns a function that stops this. */
  use(site: string, listener: TokenListener): () => void {
    this.#listeners.add(listener);
    this.#users.set(site, (this.#users.get(site) ?? 0) + 1);
    const living = this.#living.get(site);
    if (living) this.#schedule(site, (living.renewAt - this.now()) * 1000);
    return () => {
      if (!this.#listeners.delete(listener)) return;
      const left = (this.#users.get(site) ?? 1) - 1;
      this.#users.set(site, left);
      if (left === 0) clearTimeout(this.#timers.get(site));
    };
  }

  async #fresh(site: string): Promise<Living> {
    const known = this.#asked.get(site);
    if (known) return known;
    const asked = this.#ask(site);
    this.#asked.set(site, asked);
    const current = (): boolean => this.#asked.get(site) === asked;
    try {
      const living = await asked;
      if (current()) {
        this.#living.set(site, living);
        this.#schedule(site, (living.renewAt - this.now()) * 1000);
      }
      return living;
    } finally {
      if (current()) this.#asked.delete(site);
    }
  }

  async #ask(site: string): Promise<Living> {
    const asked = this.now();
    const token = await this.issue(site);
    return { token, renewAt: asked + token.expires_in / 2, voidAt: asked + token.expires_in };
  }

  #schedule(site: string, after: number): void {
    clearTimeout(this.#timers.get(site));
    this.#timers.set(
      site,
      setTimeout(() => void this.#renew(site), Math.max(0, after)),
    );
  }

  async #renew(site: string): Promise<void> {
    if (!this.#users.get(site)) return;
    try {
      const { token } = await this.#fresh(site);
      for (const listener of this.#listeners) listener(site, token.token);
    } catch (error) {
      // If the gateway refuses, it ends the sessions itself and gives its reason. After any other failure, try again.
      const living = this.#living.get(site);
      const problem = error instanceof Problem ? error : null;
      if (problem?.final || !living || this.now() >= living.voidAt) return;
      this.#schedule(site, Math.max(RETRY, 1000 * (problem?.retryAfter ?? 0)));
    }
  }
}
