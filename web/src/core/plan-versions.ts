/** The JSON of a plan's versions and of its draft (docs/protocol.md). */

export interface PlanVersion {
  /** 0 for the file that the configuration names. */
  number: number;
  sha256: string;
  published_at: number | null;
  published_by: string | null;
  approved_by: string | null;
  note: string;
  restores: number | null;
}

/** Who wants to publish a plan that this person may approve. */
export interface PlanProposal {
  at: number;
  by: string;
}

export interface PlanChange {
  kind: "added" | "removed" | "changed";
  feature: string;
  type: string;
  name: string;
  details: string[];
}

export interface PlanDraft {
  /** Grows with every save; 0 if nobody has started a draft. */
  revision: number;
  saved_at: number | null;
  saved_by: string | null;
  restores: number | null;
  proposal: { at: number; by_id: string; by: string } | null;
  note: string;
  /** True if somebody from the police must approve it. */
  approval: boolean;
  in_use: PlanVersion;
  /** What keeps it from being published. */
  problems: string[];
  changes: PlanChange[];
}
