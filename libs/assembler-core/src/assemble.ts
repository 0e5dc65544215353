import type { HookContext, Millis, SpanRecord } from '@kaizen-trace/contracts';
import type { Counts } from './counts.js';
import type { StateChange } from './entries.js';
import type { PartitionState } from './partition.js';

/** One record of the partition, in log order. */
export interface FoldInput {
  readonly offset: bigint;
  /** LogAppendTime of the record. */
  readonly appendTime: Millis;
  /** Absent on a tick and on a dead-lettered record: then only time passes. */
  readonly event?: HookContext;
}

/** What one record led to. */
export interface FoldOutput {
  /** Finished spans, in a fixed order. */
  readonly spans: readonly SpanRecord[];
  readonly changes: readonly StateChange[];
  /** Of this record alone. */
  readonly counts: Counts;
}

/**
 * Folds one record: stream time moves to its append time, everything due by then fires in order (deadline, offset),
 * then its event is folded. Never throws for a valid event. Changes `state` in place.
 */
export const foldRecord = (state: PartitionState, input: FoldInput): FoldOutput => {
  throw new Error(`not built yet: ${input.offset} ${typeof state}`);
};
