import type { Counts } from '@kaizen-trace/assembler-core';
import type { ExporterCountsJson, ExporterStatusJson } from '@kaizen-trace/operating';

/*
 * What `/api/pipeline` answers. Offsets are decimal text; times ISO 8601; durations in milliseconds. Null: not known now.
 */

/** How far a reader's commits are behind the end of its partition: what its metrics of lag show too. */
export interface LagJson {
  readonly log_end: string | null;
  /** Records that are not done; on Kafka the markers of transactions among them count too. */
  readonly lag_records: number | null;
  /** For how long the oldest of them has been in the log; 0 when caught up. */
  readonly lag_ms: number | null;
}

/** One partition of the event log, and its assembler. */
export interface PartitionJson extends LagJson {
  readonly partition: number;
  /** Member id of whoever has it; null during a hand-over, or where nobody has. */
  readonly owner: string | null;
  readonly url: string | null;
  /** `unknown` where its owner does not answer. */
  readonly phase: string;
  readonly log_start: string | null;
  readonly next_offset: string | null;
  readonly committed_offset: string | null;
  readonly stream_time: string | null;
  readonly open: number | null;
  readonly held: number | null;
  readonly oldest_open_at: string | null;
  readonly oldest_open_age_ms: number | null;
  readonly restoring: { readonly done: number; readonly total: number } | null;
  readonly problem: string | null;
}

interface MemberJson {
  readonly member_id: string;
  readonly url: string | null;
  /** Whether it answered. */
  readonly up: boolean;
  /** Why it did not. */
  readonly reason: string | null;
  readonly partitions: readonly number[];
}

/** One assembler of the group. */
export interface AssemblerJson extends MemberJson {
  readonly rebalances: number | null;
}

/** One exporter of the group. */
export interface ExporterJson extends MemberJson {
  readonly backend: ExporterStatusJson['backend'] | null;
  readonly in_flight: number | null;
  /** Since it started. */
  readonly counts: ExporterCountsJson | null;
}

/** One partition of the span log, and its exporter. */
export interface ExportedPartitionJson extends LagJson {
  readonly partition: number;
  readonly owner: string | null;
  readonly next_offset: string | null;
}

/** Sums over the partitions that were answered for. */
export interface TotalsJson {
  readonly lag_records: number;
  readonly export_lag_records: number;
  readonly open: number;
  readonly held: number;
  /** Since the first record of each partition. */
  readonly counts: Counts;
  /** Events that ended nowhere: 0, or there is a bug. */
  readonly unaccounted_events: number;
  /** The oldest open operation of all. */
  readonly oldest_open_at: string | null;
  readonly oldest_open_age_ms: number | null;
}

/** What happened a second, since the look before. */
export interface RatesJson {
  readonly over_ms: number;
  /** Records appended to the event log. */
  readonly appended: number;
  readonly events: number;
  readonly spans: number;
  /** Spans that the backend took. */
  readonly exported: number;
}

/** The dead letters that the log holds, counted. */
export interface LetterCountsJson {
  readonly total: number;
  /** Those that were not brought back. */
  readonly pending: number;
  readonly by_reason: readonly {
    readonly stage: string | null;
    readonly error_class: string | null;
    readonly total: number;
    readonly pending: number;
  }[];
  /** False where there are so many that the oldest were not looked at. */
  readonly complete: boolean;
}

/** The pipeline as it is now. */
export interface PipelineJson {
  readonly at: string;
  /** Whether every partition was answered for. */
  readonly complete: boolean;
  readonly partitions: readonly PartitionJson[];
  readonly assemblers: readonly AssemblerJson[];
  readonly exporters: readonly ExporterJson[];
  readonly exported_partitions: readonly ExportedPartitionJson[];
  readonly totals: TotalsJson;
  /** Null at the first look, and where the one before is too old. */
  readonly rates: RatesJson | null;
  readonly dead_letters: LetterCountsJson | null;
  /** How often the assemblers' group has shared anew, as the member knows that saw most of it. */
  readonly rebalances: number | null;
  /** What could not be looked at, for people. */
  readonly problems: readonly string[];
}
