/** Where replayed spans go: nowhere, to the backend that the exporter sends to, or against the span log. */
export const replayTargets = ['dry-run', 'backend', 'verify'] as const;
export type ReplayTargetName = (typeof replayTargets)[number];

/** What was asked for, as it was written. */
export interface ReplayRequestJson {
  readonly target: ReplayTargetName;
  readonly from: string | null;
  readonly to: string | null;
  /** Null: all. */
  readonly partitions: readonly number[] | null;
  readonly trace_ids: readonly string[];
  readonly services: readonly string[];
  readonly layout: 'events' | 'operations' | null;
  readonly skip_incomplete: boolean;
}

/** How a replay is. */
export type ReplayState = 'running' | 'done' | 'failed' | 'cancelled';

/** How far a replay is. */
export interface ReplayProgressJson {
  /** 0 to 1. */
  readonly fraction: number;
  readonly records: number;
  readonly records_per_second: number;
  /** Spans that the target has. */
  readonly spans: number;
  readonly refused: number;
  /** Left out, of incomplete traces. */
  readonly skipped: number;
  readonly incomplete: number;
  readonly open: number;
  readonly dead_letters: number;
}

/** What a comparison with the span log found. */
export interface VerdictJson {
  readonly matched: number;
  readonly differences: number;
  readonly gone: number;
  readonly unfolded_partitions: readonly number[];
  readonly resettled_partitions: readonly number[];
}

/** A replay as lists show it. */
export interface ReplayJson {
  readonly id: string;
  readonly state: ReplayState;
  readonly request: ReplayRequestJson;
  readonly started_at: string;
  readonly ended_at: string | null;
  /** Why it failed. */
  readonly failure: string | null;
  /** Why it waits, where it does: such as a backend that is away. */
  readonly waiting: string | null;
  readonly partitions: number;
  readonly progress: ReplayProgressJson;
  /** Of a comparison that has ended. */
  readonly verdict: VerdictJson | null;
}

/** What a replay tells one by one, each kind up to its bound; the progress counts all. */
export interface ListedJson {
  readonly incomplete: readonly {
    readonly partition: number;
    readonly trace_id: string;
    readonly reason: string;
  }[];
  readonly open: readonly {
    readonly partition: number;
    readonly offset: string;
    readonly trace_id: string;
    readonly agent_id: string;
    readonly event_type: string;
    readonly name: string | null;
    readonly since: string;
  }[];
  readonly differences: readonly {
    readonly difference: 'missing' | 'extra' | 'different';
    readonly partition: number;
    readonly trace_id: string;
    readonly span_id: string;
    readonly name: string;
    readonly offset: string | null;
    readonly span_offset: string | null;
  }[];
  readonly refusals: readonly { readonly spans: number; readonly reason: string }[];
}

/** A replay with what it listed. */
export interface ShownReplay extends ReplayJson {
  readonly listed: ListedJson;
}
