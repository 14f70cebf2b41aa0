/**
 * Everything the page knows: who is signed in, the schools, and what the event channel reports. Sends `change` events.
 */

import { GRAVITY } from "../core/alarm/alarms.js";
import { Problem, api } from "../core/gateway/api.js";
import { EventChannel } from "../core/gateway/events.js";
import { KnownIncidents } from "../core/alarm/known-incidents.js";
import { timeOfDay } from "../core/labels.js";
import type { Lifetime } from "../core/shift.js";
import type { PlanProposal } from "../core/plan-versions.js";
import type { CameraStatus, Camera, Incident, Me, Plan, ServerEvent, Site, Watcher } from "../core/protocol.js";
import { SiteTokens } from "../media/tokens.js";
import { Ticker } from "./ticker.js";

export type Refused = Extract<ServerEvent, { type: "trigger_refused" }>;
export type ClockStep = Extract<ServerEvent, { type: "clock_step" }>;

const REFUSALS_KEPT = 20;
const CLOCK_STEPS_KEPT = 5;
/** Milliseconds until a changed plan that did not arrive is requested again. */
const PLAN_RETRY = 2000;

export class Store extends EventTarget {
  me: Me | null = null;
  sites: Site[] = [];
  readonly plans = new Map<string, Plan>();
  readonly incidents = new KnownIncidents();
  readonly cameras = new Map<string, CameraStatus>();
  readonly watchers = new Map<string, Watcher[]>();
  /** Plans that wait for this person's approval, by school. */
  readonly proposals = new Map<string, PlanProposal>();
  refusals: Refused[] = [];
  clockSteps: ClockStep[] = [];
  /** True if the gateway could not save the last press on this page to disk. The press took effect anyway. */
  diskFails = false;
  /** True once the first snapshot has arrived. */
  ready = false;
  /** The difference between the gateway's steady time since 1970 and gateway time. */
  #wall: number | null = null;

  /** Page time in seconds: monotonic, unlike the wall clock. */
  readonly now = (): number => performance.now() / 1000;
  readonly channel = new EventChannel(
    { event: (event, restarted) => this.#event(event, restarted), clockSet: () => this.changed(), lost: () => void this.#stillSignedIn() },
    this.now,
    () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/events`),
  );
  readonly tokens = new SiteTokens(api.token, this.now);
  readonly ticker = new Ticker(this.now, () => this.#slept());
  #wasReachable = false;

  constructor() {
    super();
    this.ticker.add(() => {
      if (this.reachable() === this.#wasReachable) return;
      this.#wasReachable = !this.#wasReachable;
      this.changed(); // lists and plan say nothing about cameras while the gateway cannot be reached
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.#slept();
      this.ticker.tick(); // the last painted state may be old: update it before anybody reads LIVE
    });
  }

  /** Find out who is signed in, if anybody. Raises Problem for any other failure. */
  async begin(): Promise<void> {
    try {
      await this.signedIn(await api.me());
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
    }
    this.changed();
  }

  async signedIn(me: Me): Promise<void> {
    this.sites = await api.sites();
    this.me = me;
    this.channel.start();
    this.dispatchEvent(new Event("signed-in"));
    this.changed();
  }

  /** A press or the gateway has extended the sign-in. */
  prolonged({ expires_at, may_continue_at, carried_on }: Lifetime): void {
    if (this.me) this.me = { ...this.me, expires_at, may_continue_at, carried_on };
    this.changed();
  }

  /** Forget everything and show the sign-in page. */
  signedOut(reason: string): void {
    this.channel.forget();
    this.tokens.forgetAll();
    this.me = null;
    this.ready = false;
    for (const known of [this.plans, this.cameras, this.watchers, this.proposals]) known.clear();
    this.incidents.snapshot([]);
    this.sites = [];
    this.refusals = [];
    this.clockSteps = [];
    this.diskFails = false;
    this.dispatchEvent(new CustomEvent("signed-out", { detail: reason }));
    this.changed();
  }

  async plan(site: string): Promise<Plan> {
    const plan = this.plans.get(site) ?? (await api.plan(site));
    this.plans.set(site, plan);
    return plan;
  }

  /** Return the open incidents: the most serious kind first, then the newest. */
  open(site?: string): Incident[] {
    return this.incidents
      .all()
      .filter((incident) => incident.state === "open" && (site === undefined || incident.site === site))
      .sort((a, b) => GRAVITY[a.kind] - GRAVITY[b.kind] || b.opened_at - a.opened_at);
  }

  site(id: string): Site | undefined {
    return this.sites.find((site) => site.id === id);
  }

  camera(id: string): Camera | undefined {
    return this.sites.flatMap((site) => site.cameras).find((camera) => camera.id === id);
  }

  /** Return a gateway time as a time of day in this device's time zone, according to the gateway's clock as it is set. */
  timeOfDay(at: number): string {
    return timeOfDay(at + this.channel.setBy);
  }

  /** Return the gateway's steady time since 1970, which does not change when somebody sets its clock. Until that time is
   *  known, return the time on this device's clock. */
  wall(): number {
    const clock = this.channel.clock.at(this.now());
    return clock && this.#wall !== null ? this.now() + clock.offset + this.#wall : Date.now() / 1000;
  }

  /** Return true if the gateway has sent something within the limit. */
  reachable(): boolean {
    const heard = this.channel.heardAt;
    return heard !== null && this.now() - heard < (this.me?.age.gateway_lost_after ?? 3);
  }

  /** Send a request whose answer is an incident, and store that incident. Raises what the request raises. */
  async answer(request: () => Promise<Incident>): Promise<Incident> {
    const since = this.incidents.mark();
    const incident = await request();
    this.incidents.answered(incident, since);
    if (incident.committed !== undefined) this.diskFails = !incident.committed;
    this.changed();
    return incident;
  }

  changed(): void {
    this.dispatchEvent(new Event("change"));
  }

  #slept(): void {
    this.channel.remeasure();
    this.dispatchEvent(new Event("slept"));
  }

  async #stillSignedIn(): Promise<void> {
    this.changed();
    try {
      await api.me();
    } catch (error) {
      if (error instanceof Problem && error.status === 401 && this.me) this.signedOut("Your sign-in has ended.");
    }
  }

  #event(event: ServerEvent, restarted: boolean): void {
    switch (event.type) {
      case "hello":
        this.#wall = event.now_at - event.gateway_time;
        this.dispatchEvent(new Event(restarted ? "restarted" : "greeted"));
        break;
      case "snapshot":
        this.#replace(event);
        break;
      case "incident":
        this.tokens.forget(event.incident.site);
        this.incidents.told(event.incident);
        this.dispatchEvent(new CustomEvent("incident", { detail: event }));
        break;
      case "camera":
        this.cameras.set(event.camera.id, event.camera);
        this.dispatchEvent(new CustomEvent("camera", { detail: event }));
        break;
      case "watchers":
        this.watchers.set(event.site, event.watchers);
        break;
      case "trigger_refused":
        this.refusals = [event, ...this.refusals].slice(0, REFUSALS_KEPT);
        break;
      case "clock_step":
        this.clockSteps = [event, ...this.clockSteps].slice(0, CLOCK_STEPS_KEPT);
        break;
      case "plan_proposal":
        if (event.proposal) this.proposals.set(event.site, event.proposal);
        else this.proposals.delete(event.site);
        break;
      case "plan":
        void this.#planChanged(event.site, event.version.number);
        return;
      case "sign_in":
        this.prolonged(event);
        return;
      case "signed_out":
        this.signedOut(event.reason === "expired" ? "Your shift's sign-in has ended." : "You have been signed out.");
        break;
      default:
        this.dispatchEvent(new CustomEvent(event.type, { detail: event }));
        return;
    }
    this.changed();
  }

  /** Read a plan that has changed, and the places of its cameras. The previous plan stays on the page until then. */
  async #planChanged(site: string, version: number): Promise<void> {
    try {
      this.sites = await api.sites();
      if (this.plans.has(site)) this.plans.set(site, await api.plan(site));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PLAN_RETRY));
      if (this.me && this.plans.get(site)?.version.number !== version) void this.#planChanged(site, version);
      return;
    }
    this.changed();
  }

  #replace(snapshot: Extract<ServerEvent, { type: "snapshot" }>): void {
    this.incidents.snapshot(snapshot.incidents);
    this.cameras.clear();
    this.watchers.clear();
    this.proposals.clear();
    for (const camera of snapshot.cameras) this.cameras.set(camera.id, camera);
    for (const [site, watchers] of Object.entries(snapshot.watchers)) this.watchers.set(site, watchers);
    for (const [site, proposal] of Object.entries(snapshot.proposals)) this.proposals.set(site, proposal);
    this.ready = true;
    this.dispatchEvent(new Event("snapshot"));
  }
}

/** The page's one store. */
export const store = new Store();
