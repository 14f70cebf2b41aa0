/** The JSON of docs/protocol.md. `*_at`: steady seconds since 1970; `gateway_time`, `capture`, `*_gt`: the gateway's own seconds. */

export type Role = "dispatcher" | "headquarters" | "patrol" | "coordinator" | "district_it" | "auditor";
export type StreamName = "main" | "sub";
/** What a session is sent; `transcoded` is made of the main stream. */
export type SentStream = StreamName | "transcoded";
/** Why a session is sent nothing just now; "" while it is. */
export type Waiting = "" | "keyframe" | "link";
export type IncidentKind = "real" | "drill" | "test";
export type Point = readonly [number, number];

export interface Principal {
  id: string;
  name: string;
  role: Role;
  site_ids: string[];
  /** Hears alarms, confirms them by acknowledging, and can be enrolled in a drill. */
  police: boolean;
  sees_pictures: boolean;
}

/** Boundaries of what a tile may say, from the gateway's settings. */
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
  /** Wall time from which the sign-in can be prolonged; null when it cannot be prolonged any more. */
  may_continue_at: number | null;
  /** An open incident of its own holds the end off. */
  carried_on: boolean;
  age: AgeLimits;
  notice: string;
}

/** One line of the map, as the gateway sends it; `capture` and `uncertainty` in seconds. */
export interface TimelinePoint {
  readonly rtp: number;
  readonly capture: number;
  readonly uncertainty: number;
  readonly trusted: boolean;
  readonly reason: string;
  /** Another one: not the same clock, or not the same stream. */
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
  /** Whether there is something to hear. */
  sound: boolean;
  /** May be seen by whoever is signed in here without any incident. */
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
}

export interface Room {
  id: string;
  name: string;
  number: string;
  kind: string;
  outline: Point[];
  label: Point;
  windows?: string[];
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
}

export interface Plan {
  site: string;
  name: string;
  anchor: Point;
  verified_on: string;
  floors: Floor[];
}

export interface Token {
  token: string;
  expires_at: number;
  expires_in: number;
  grant: { id: string; site: string; basis: string; incident: string | null; cameras: string[] };
}

/** One press of a button, here or at the school. */
export interface Trigger {
  trigger: string;
  by: string;
  room: string | null;
  room_name: string | null;
  note: string;
  at: number;
  /** It sounded; otherwise it joined an alarm that had just sounded for its place. */
  alarm: boolean;
  /** Cameras nearest to it, best first. */
  nearest: string[];
}

export interface Incident {
  /** In an answer to a press: false where no disk takes it yet. It holds all the same. */
  committed?: boolean;
  id: string;
  site: string;
  site_name: string;
  kind: IncidentKind;
  state: "open" | "all_clear" | "superseded" | "expired";
  origin: { trigger: string; by: string; room: string | null; room_name: string | null; note: string };
  /** Every trigger, newest first. */
  triggers: Trigger[];
  /** Who takes part in a drill: principal ids. */
  enrolled: string[];
  /** Somebody of the police has acknowledged since the last alarm. */
  confirmed: boolean;
  /** Wall time by which that was to be. */
  confirm_by_at: number;
  /** The gateway has noticed that nobody had by then. */
  unconfirmed: boolean;
  /** Why the cameras are open, in words for the record. */
  threat: string;
  opened_at: number;
  ends_at: number;
  alarms: number;
  last_alarm_at: number;
  repeats: number;
  warnings_sent: number[];
  /** `newest`: of the newest alarm; an earlier one says nothing of it. */
  acknowledgements: {
    principal: string;
    name: string;
    role: Role;
    at: number;
    /** Of the newest alarm. */
    newest: boolean;
    /** By the police. */
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
  /** What its media comes over; "" before it does. */
  transport: string;
  codec: string;
  width: number;
  height: number;
  clock: "trusted" | "untrusted";
  clock_reason: string;
  notes: string[];
  delivery: string;
  /** Seconds since the newest picture that was passed on was captured, as the gateway knows it; null where none was. */
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
  | { type: "clock_step"; seq: number; by: number; at: number }
  | { type: "sign_in"; expires_at: number; may_continue_at: number | null; carried_on: boolean }
  | { type: "signed_out"; reason: string };
