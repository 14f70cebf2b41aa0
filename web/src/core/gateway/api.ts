/** Sends requests to the gateway. Every failure is a `Problem`: a stable word and a sentence for a person (RFC 9457). */

import type { PlanDraft, PlanVersion } from "../plan-versions.js";
import type { AuditRecord, CameraStatus, Incident, Me, Plan, Role, Site, Token } from "../protocol.js";

export class Problem extends Error {
  constructor(
    /** HTTP status; 0 if there was no answer. */
    readonly status: number,
    readonly code: string,
    detail: string,
    /** Seconds to wait before asking again; 0 if the gateway has not said. */
    readonly retryAfter = 0,
  ) {
    super(detail);
  }

  /** True if the gateway itself has refused and would refuse again. Other failures are tried again: answers from a proxy,
   *  too many requests, and requests that came too early or too late. */
  get final(): boolean {
    const later = this.status === 408 || this.status === 425 || this.status === 429;
    return this.status >= 400 && this.status < 500 && !later && this.code !== "";
  }
}

const HEADERS = { "X-Sightline": "1" };

/** Return the Problem that a refused response describes. */
export async function problemOf(response: Response): Promise<Problem> {
  let body: { code?: string; detail?: string } = {};
  try {
    body = (await response.json()) as typeof body;
  } catch {
    // A proxy sent this, not the gateway. Only the status is known.
  }
  const words = body.detail ?? `The request failed (error ${response.status}).`;
  // Proxies may send a date here instead of a number. The page then waits as long as it would without the header.
  const retryAfter = Number(response.headers.get("Retry-After") ?? 0) || 0;
  return new Problem(response.status, body.code ?? "", words, retryAfter);
}

/** An answer that takes longer than this (milliseconds) counts as lost. */
const ANSWER_WITHIN = 10_000;

/** Call `fetch` once, and throw a Problem for anything but success. The caller decides what to do about a failure. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw unreachable();
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

const unreachable = (): Problem => new Problem(0, "unreachable", "Sightline does not answer. Check the network.");

async function get<T>(path: string): Promise<T> {
  return jsonOf<T>(await request(path, { signal: AbortSignal.timeout(ANSWER_WITHIN) }));
}

async function post(path: string, body: Record<string, unknown> = {}, signal?: AbortSignal): Promise<Response> {
  const headers = { ...HEADERS, "Content-Type": "application/json" };
  const within = signal ?? AbortSignal.timeout(ANSWER_WITHIN);
  return request(path, { method: "POST", headers, body: JSON.stringify(body), signal: within });
}

async function postFor<T>(path: string, body?: Record<string, unknown>, signal?: AbortSignal): Promise<T> {
  return jsonOf<T>(await post(path, body, signal));
}

/**
 * Wait for the answer to a press that is sent only once. Without an answer, nobody knows whether the press took effect,
 * so the message does not say.
 */
async function pressed<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 0) throw error;
    throw new Problem(0, error.code, "Not confirmed: no answer. Press again.");
  }
}

/** Return the body if it comes from the gateway. A guest network's own page also answers 200. */
async function jsonOf<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch {
    throw unreachable();
  }
}

/** A person who can be enrolled in a drill. */
export interface Person {
  id: string;
  name: string;
  role: Role;
}

const part = encodeURIComponent;
const planOf = (site: string): string => `/api/sites/${part(site)}/plan`;

/** A draft with its GeoJSON document. */
export type WholeDraft = PlanDraft & { readonly document: unknown };

export const api = {
  me: () => get<Me>("/api/me"),
  redeem: (code: string) => pressed(postFor<Me>("/api/invitations/redeem", { code })),
  signOut: () => pressed(post("/api/sign-out")),
  /** Extend the sign-in. */
  goOn: () => pressed(postFor<Me>("/api/sign-in/continue")),
  noticeAccepted: () => post("/api/notice/accepted"),
  sites: async () => (await get<{ sites: Site[] }>("/api/sites")).sites,
  plan: (site: string) => get<Plan>(planOf(site)),
  draft: (site: string) => get<WholeDraft>(`${planOf(site)}/draft`),
  saveDraft: async (site: string, { revision, in_use }: PlanDraft, text: string) => {
    const headers = { ...HEADERS, "Content-Type": "application/geo+json" };
    const init = { method: "PUT", headers, body: text, signal: AbortSignal.timeout(ANSWER_WITHIN) };
    return jsonOf<PlanDraft>(await request(`${planOf(site)}/draft?revision=${revision}&base=${in_use.number}`, init));
  },
  discardDraft: (site: string, revision: number) =>
    request(`${planOf(site)}/draft?revision=${revision}`, { method: "DELETE", headers: HEADERS }),
  /** The answer is a version, or a draft with a proposal if somebody must approve it. */
  publishPlan: (site: string, revision: number, note: string) =>
    pressed(postFor<PlanVersion | PlanDraft>(`${planOf(site)}/publish`, { revision, note })),
  restorePlan: (site: string, revision: number, version: number) =>
    pressed(postFor<WholeDraft>(`${planOf(site)}/restore`, { revision, version })),
  approvePlan: (site: string, revision: number) => pressed(postFor<PlanVersion>(`${planOf(site)}/approve`, { revision })),
  rejectPlan: (site: string, revision: number, note: string) =>
    pressed(postFor<PlanDraft>(`${planOf(site)}/reject`, { revision, note })),
  /** One version's GeoJSON document. */
  planDocument: (site: string, version: number) => get<unknown>(`${planOf(site)}/versions/${version}`),
  planVersions: async (site: string) => (await get<{ versions: PlanVersion[] }>(`${planOf(site)}/versions`)).versions,
  token: (site: string) => postFor<Token>("/api/tokens", { site }),
  police: async (site: string) => (await get<{ people: Person[] }>(`/api/sites/${part(site)}/police`)).people,
  /** Make one attempt. The caller, app/pending-trigger.ts, tries again. */
  trigger: (body: Record<string, unknown>, signal: AbortSignal) => postFor<Incident>("/api/incidents", body, signal),
  /** `alarm`: the number of alarms shown at the press. */
  acknowledge: (id: string, alarm: number) =>
    pressed(postFor<Incident>(`/api/incidents/${part(id)}/acknowledge`, { alarm })),
  extend: (id: string) => pressed(postFor<Incident>(`/api/incidents/${part(id)}/extend`)),
  /** `alarm`: the number of alarms shown when the page asked. */
  allClear: (id: string, alarm: number) =>
    pressed(postFor<Incident>(`/api/incidents/${part(id)}/all-clear`, { alarm })),
  cameras: async () => (await get<{ cameras: CameraStatus[] }>("/api/cameras")).cameras,
  still: async (camera: string) => {
    const response = await request(`/api/cameras/${part(camera)}/still`);
    const capturedAt = Number(response.headers.get("X-Sightline-Captured-At"));
    return { picture: await createImageBitmap(await response.blob()), capturedAt };
  },
  record: async (since: number, limit: number) =>
    (await get<{ records: AuditRecord[] }>(`/api/record?since=${since}&limit=${limit}`)).records,
};
