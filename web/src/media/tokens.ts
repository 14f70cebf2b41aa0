/** The page's permission to see: one valid token per site, renewed at half its life. */

import { Problem } from "../core/api.js";
import type { Token } from "../core/protocol.js";

const RETRY = 2000;

interface Living {
  token: Token;
  /** Page times (seconds) at which to renew it and at which it becomes void. */
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

  /** A token that stays valid for a while. Raises Problem: 403 with its reason if the gateway issues none. */
  async token(site: string): Promise<string> {
    const living = this.#living.get(site);
    if (living && this.now() < living.renewAt) return living.token.token;
    return (await this.#fresh(site)).token.token;
  }

  /** The incidents of the site have changed, so earlier tokens, or one on its way, may be void. */
  forget(site: string): void {
    this.#living.delete(site);
    this.#asked.delete(site);
  }

  /** Somebody else signs in. */
  forgetAll(): void {
    this.#living.clear();
    this.#asked.clear();
  }

  /** Renew the site's token while somebody watches. Returns a function that stops it. */
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
      // After a refusal the gateway itself ends the sessions, with its reason. Any other failure is tried again.
      const living = this.#living.get(site);
      const problem = error instanceof Problem ? error : null;
      if (problem?.final || !living || this.now() >= living.voidAt) return;
      this.#schedule(site, Math.max(RETRY, 1000 * (problem?.retryAfter ?? 0)));
    }
  }
}
