/** The JSON of docs/protocol.md. `*_at`: steady seconds since 1970; `gateway_time`, `capture`, `*_gt`: the gateway's own seconds. */

import type { PlanGrid } from "./grid.js";
import type { PlanProposal, PlanVersion } from "./plan-versions.js";

export type Role = "dispatcher" | "headquarters" | "patrol" | "coordinator" | "district_it" | "auditor";
export type StreamName = "main" | "sub";
/** The stream that a session is sent. `transcoded` is made from the main stream. */
export type SentStream = StreamName | "transcoded";
/** Why a session is sent nothing at the moment; "" while it is sent pictures. */
export type Waiting = "" | "keyframe" | "link";
export type IncidentKind = "real" | "drill" | "test";
export type Point = readonly [number, number];

export interface Principal {
  id: string;
  name: string;
  role: Role;
  site_ids: string[];
  /** True for police: they hear alarms, confirm them by acknowledging, and can be enrolled in a drill. */
  police: boolean;
  sees_pictures: boolean;
}

/** The limits of the words on a tile, from the gateway's settings. */
export interface AgeLimits {
  readonly live_below: number;
  readonly delayed_below: number;
  readonly no_frame_after: number;
  readonly gateway_lost_after: number;
}

export interface Me {
  principal: Principal;
  district: string;
  expires_at: number;
  /** Time from which the sign-in can be extended; null if it cannot be extended any more. */
  may_continue_at: number | null;
  /** True if an open incident keeps the sign-in from ending. */
  carried_on: boolean;
  age: AgeLimits;
  notice: string;
}

/** One point of the map, as the gateway sends it; `capture` and `uncertainty` are in seconds. */
export interface TimelinePoint {
  readonly rtp: number;
  readonly capture: number;
  readonly uncertainty: number;
  readonly trusted: boolean;
  readonly reason: string;
  /** Changes when the clock or the stream changes. */
  readonly epoch: string;
  readonly stream: SentStream;
}

export interface Camera {
  id: string;
  name: string;
  site: string;
  floor: string;
  room: string | null;
  streams: StreamName[];
  /** True if the camera has sound. */
  sound: boolean;
  /** True if the person signed in here may see it without any incident. */
  standing: boolean;
  position: Point;
  heading: number;
  fov: number;
  range: number;
}

export interface Site {
  id: string;
  name: string;
  floors: { id: string; name: string; building: string }[];
  cameras: Camera[];
  may_trigger: boolean;
  may_acknowledge: boolean;
  may_end: boolean;
  may_edit_plan: boolean;
  may_approve_plan: boolean;
}

export interface Room {
  id: string;
  name: string;
  number: string;
  kind: string;
  outline: Point[];
  label: Point;
  windows?: string[];
  /** The exterior door with the shortest way on foot, numbered doors first; null if the plan has no way. */
  entrance?: string | null;
}

export interface Building {
  readonly id: string;
  readonly name: string;
  readonly outline: Point[];
}

export interface Door {
  id: string;
  name: string;
  number?: string;
  kind: string;
  position: Point;
  heading: number;
}

export interface Floor {
  id: string;
  name: string;
  building: string;
  bounds: [number, number, number, number];
  outline: Point[];
  rooms: Room[];
  doors: Door[];
  features: { id: string; kind: string; name: string; position: Point }[];
  cameras: string[];
  windows?: { id: string; number: string; position: Point; heading: number; width: number }[];
  /** What each camera sees of this floor, clipped by walls. */
  cones?: { camera: string; outline: Point[] }[];
  /** 0 is the ground floor. */
  level?: number;
}

export interface Plan {
  site: string;
  name: string;
  anchor: Point;
  verified_on: string;
  verification: { months: number; due: boolean; warnings: string[] };
  version: PlanVersion;
  grounds?: { id: string; name: string; kind: string; area: boolean; points: Point[] }[];
  gates?: { id: string; name: string; number: string | null; position: Point }[];
  features?: Floor["features"];
  grid: PlanGrid;
  buildings: Building[];
  floors: Floor[];
}

export interface Token {
  token: string;
  expires_at: number;
  expires_in: number;
  grant: { id: string; site: string; basis: string; incident: string | null; cameras: string[] };
}

/** One press of a button, on a page or at the school. */
export interface Trigger {
  trigger: string;
  by: string;
  room: string | null;
  room_name: string | null;
  note: string;
  at: number;
  /** True if the trigger sounded; otherwise it joined an earlier alarm at the same place. */
  alarm: boolean;
  /** The cameras nearest to it, best first. */
  nearest: string[];
}

export interface Incident {
  /** In an answer to a press: false if the change is not on disk yet. It takes effect anyway. */
  committed?: boolean;
  id: string;
  site: string;
  site_name: string;
  kind: IncidentKind;
  state: "open" | "all_clear" | "superseded" | "expired";
  origin: { trigger: string; by: string; room: string | null; room_name: string | null; note: string };
  /** Every trigger, newest first. */
  triggers: Trigger[];
  /** The people who take part in a drill, as principal ids. */
  enrolled: string[];
  /** True if somebody at the police has acknowledged the newest alarm. */
  confirmed: boolean;
  /** Time by which somebody at the police should have acknowledged it. */
  confirm_by_at: number;
  /** True if nobody had acknowledged it by then. */
  unconfirmed: boolean;
  /** Why the cameras are open, in words for the record. */
  threat: string;
  opened_at: number;
  ends_at: number;
  alarms: number;
  last_alarm_at: number;
  repeats: number;
  warnings_sent: number[];
  acknowledgements: {
    principal: string;
    name: string;
    role: Role;
    at: number;
    /** True if the acknowledgement is for the newest alarm. */
    newest: boolean;
    /** True if the acknowledgement is from the police. */
    confirms: boolean;
  }[];
  closed_at: number | null;
  closed_by: string | null;
  nearest: string[];
}

export type SourceState = "connecting" | "up" | "stalled" | "down";

export interface Source {
  state: SourceState;
  reason: string;
  detail: string;
  advice: string;
  since_at: number;
  fps: number;
  bitrate_bps: number;
  loss: number;
  reconnects: number;
  /** The transport of its media; "" before any arrives. */
  transport: string;
  codec: string;
  width: number;
  height: number;
  clock: "trusted" | "untrusted";
  clock_reason: string;
  notes: string[];
  delivery: string;
  /** Age in seconds of the newest picture that was passed on, as the gateway knows it; null if there was none. */
  age: number | null;
  age_state: "live" | "delayed" | "not_live" | "unverified";
}

export interface CameraStatus {
  id: string;
  name: string;
  site: string;
  streams: { main?: Source; sub?: Source };
  unchanged_since_at: number | null;
  viewers: number;
}

export interface Watcher {
  principal: string;
  name: string;
  role: Role;
  camera: string;
  since_at: number;
}

export interface AuditRecord {
  id: number | null;
  time: string;
  at: number;
  kind: string;
  principal: string | null;
  name: string | null;
  role: Role | null;
  site: string | null;
  camera: string | null;
  incident: string | null;
  outcome: string;
  reason: string | null;
  origin_address: string | null;
  detail: Record<string, unknown>;
}

export type TimelineEvent = {
  type: "timeline";
  session: string;
  camera: string;
} & TimelinePoint;

export type ServerEvent =
  | { type: "incident"; seq: number; incident: Incident; alarm: boolean }
  | { type: "camera"; seq: number; camera: CameraStatus }
  | { type: "watchers"; seq: number; site: string; watchers: Watcher[] }
  | { type: "trigger_refused"; seq: number; site: string; webhook: string; reason: string; at: number }
  | { type: "hello"; epoch: string; seq: number; gateway_time: number; now_at: number; set_by: number }
  | {
      type: "snapshot";
      seq: number;
      incidents: Incident[];
      cameras: CameraStatus[];
      watchers: Record<string, Watcher[]>;
      proposals: Record<string, PlanProposal>;
    }
  | { type: "pong"; t0: number; gateway_time: number; set_by: number }
  | TimelineEvent
  | { type: "picture"; camera: string; unchanged_since_gt: number | null }
  | {
      type: "session";
      session: string;
      state: "connected" | "stream" | "closed";
      reason: string;
      stream: SentStream;
      waiting: Waiting;
    }
  | { type: "plan"; seq: number; site: string; version: PlanVersion }
  | { type: "plan_proposal"; seq: number; site: string; proposal: PlanProposal | null }
  | { type: "clock_step"; seq: number; by: number; at: number }
  | { type: "sign_in"; expires_at: number; may_continue_at: number | null; carried_on: boolean }
  | { type: "signed_out"; reason: string };
