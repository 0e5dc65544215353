import type { Millis } from '@kaizen-trace/contracts';
import type { NewRecord, Offset, RecordBatch } from './records.js';

/** How an append ended. Only `appended` means durable. */
export type AppendOutcome =
  | { readonly type: 'appended' }
  /** A record is over the log's limit; none of the call's records was appended. */
  | { readonly type: 'refused'; readonly index: number; readonly reason: string }
  /** The log could not be reached, or its answer was lost: the records may or may not be there. Safe to repeat. */
  | { readonly type: 'unavailable'; readonly cause: Error };

/** What a partition holds now. */
export interface LogBounds {
  /** The oldest offset still kept. */
  readonly start: Offset;
  /** One past the newest record that is committed. */
  readonly end: Offset;
}

/** Records of one partition, from `from` up to but not including `to`. */
export interface ScanRange {
  readonly partition: number;
  readonly from: Offset;
  /** Exclusive. */
  readonly to: Offset;
}

/** A place between the records of one partition. */
export interface LogPlace {
  readonly partition: number;
  readonly offset: Offset;
}

/** Bounded reading without a group: for tests, tools and replay. Leaves no trace in the log. */
export interface LogReader {
  partitionCount(): Promise<number>;
  /** All that was committed before the call lies within. */
  bounds(partition: number): Promise<LogBounds>;
  /** The bounds of every partition, by its number, as of about now: one look at the log, for whoever watches it. */
  allBounds(): Promise<readonly LogBounds[]>;
  /**
   * For each place the append time of the first record at or after it, undefined where there is none: one look at the
   * log, which reads little more than those records. A place below the log's start counts as the start.
   */
  appendTimes(places: readonly LogPlace[]): Promise<readonly (Millis | undefined)[]>;
  /** The first offset whose append time is at or after `time`; the log's end where there is none. */
  offsetAt(partition: number, time: Millis): Promise<Offset>;
  /** Reads a range, committed records only, at the reader's pace. Ends at `to` or when `signal` aborts. */
  scan(range: ScanRange, signal?: AbortSignal): AsyncIterable<RecordBatch>;
}

/**
 * The durable log of hook events, partitioned by key. Appending is at least once: a repeat after `unavailable` may stand
 * in the log twice, and the assembler recognises it by its event id.
 */
export interface EventLog extends LogReader {
  /** Durable before it answers. All records of one call with one key keep their order. */
  append(records: readonly NewRecord[]): Promise<AppendOutcome>;
}
