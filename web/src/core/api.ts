/** Requests to the gateway. Every failure is a `Problem`: a stable word and a sentence for a person (RFC 9457). */

import type { AuditRecord, CameraStatus, Incident, IncidentKind, Me, Plan, Role, Site, Token } from "./protocol.js";

export class Problem extends Error {
  constructor(
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

const HEADERS = { "X-Sightline": "1" };

/** Make of a refused response the Problem that it tells. */
export async function problemOf(response: Response): Promise<Problem> {
  let body: { code?: string; detail?: string } = {};
  try {
    body = (await response.json()) as typeof body;
  } catch {
    // Not from the gateway: a proxy's own page. The status says what can be said.
  }
  return new Problem(response.status, body.code ?? "", body.detail ?? `The gateway answered ${response.status}.`);
}

/** `fetch` that throws a Problem for anything but success. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Problem(0, "unreachable", "The gateway cannot be reached. Check the network; this page keeps trying.");
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function get<T>(path: string): Promise<T> {
  return (await (await request(path)).json()) as T;
}

async function post(path: string, body: Record<string, unknown> = {}): Promise<Response> {
  const headers = { ...HEADERS, "Content-Type": "application/json" };
  return request(path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function postFor<T>(path: string, body?: Record<string, unknown>): Promise<T> {
  return (await (await post(path, body)).json()) as T;
}

/** Somebody whom a drill can enrol. */
export interface Person {
  id: string;
  name: string;
  role: Role;
}

export interface TriggerRequest {
  site: string;
  kind: IncidentKind;
  room?: string;
  enrolled?: string[];
}

const part = encodeURIComponent;

export const api = {
  me: () => get<Me>("/api/me"),
  redeem: (code: string) => postFor<Me>("/api/invitations/redeem", { code }),
  signOut: () => post("/api/sign-out"),
  sites: async () => (await get<{ sites: Site[] }>("/api/sites")).sites,
  plan: (site: string) => get<Plan>(`/api/sites/${part(site)}/plan`),
  token: (site: string) => postFor<Token>("/api/tokens", { site }),
  police: async (site: string) => (await get<{ people: Person[] }>(`/api/sites/${part(site)}/police`)).people,
  trigger: (incident: TriggerRequest) => postFor<Incident>("/api/incidents", { ...incident }),
  acknowledge: (id: string) => postFor<Incident>(`/api/incidents/${part(id)}/acknowledge`),
  extend: (id: string) => postFor<Incident>(`/api/incidents/${part(id)}/extend`),
  allClear: (id: string) => postFor<Incident>(`/api/incidents/${part(id)}/all-clear`),
  cameras: async () => (await get<{ cameras: CameraStatus[] }>("/api/cameras")).cameras,
  still: async (camera: string) => {
    const response = await request(`/api/cameras/${part(camera)}/still`);
    const capturedAt = Number(response.headers.get("X-Sightline-Captured-At"));
    return { picture: await createImageBitmap(await response.blob()), capturedAt };
  },
  record: async (since: number, limit: number) =>
    (await get<{ records: AuditRecord[] }>(`/api/record?since=${since}&limit=${limit}`)).records,
};
