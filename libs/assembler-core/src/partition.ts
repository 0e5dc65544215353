import type { Millis } from '@kaizen-trace/contracts';
import { millis } from '@kaizen-trace/contracts';
import type { Counts, PartitionSize } from './counts.js';
import { heldByCounts, openByCounts, zeroCounts } from './counts.js';
import type { OperationEntry, StateChange } from './entries.js';
import { allHeld } from './held-posts.js';
import type { Sha256Hex } from './identity.js';
import { oldestFirst } from './open-operations.js';
import type { AssemblySettings } from './settings.js';
import { compileSettings } from './settings.js';
import type { Partition, PartitionState } from './state.js';

/** An empty partition at stream time 0. */
export const createPartition = (settings: AssemblySettings, sha256: Sha256Hex): PartitionState => {
  const current = compileSettings(settings, 0);
  const partition: Partition = {
    sha256,
    settings: [current],
    current,
    traces: new Map(),
    timers: [],
    totals: zeroCounts(),
    streamTime: millis(0),
  };
  return partition;
};

/** The greatest append time folded so far. */
export const streamTimeOf = (state: PartitionState): Millis => (state as Partition).streamTime;

/** A copy of the sum of all counts since the partition began, restarts included. */
export const countsOf = (state: PartitionState): Counts => ({ ...(state as Partition).totals });

/** The earliest pending deadline: a tick is due when the wall clock has passed it. */
export const nextDeadline = (state: PartitionState): Millis | undefined =>
  (state as Partition).timers[0]?.deadline;

/** The settings that entries refer to by place; belongs in the partition's own record. */
export const settingsTable = (state: PartitionState): readonly AssemblySettings[] =>
  (state as Partition).settings.map(({ source }) => source);

/** How many traces, open operations and held POSTs there are. */
export const partitionSize = (state: PartitionState): PartitionSize => {
  const { traces, totals } = state as Partition;
  return { traces: traces.size, open: openByCounts(totals), held: heldByCounts(totals) };
};

/** Every open operation, trace by trace, oldest first; live values. */
export function* openOperations(state: PartitionState): Generator<OperationEntry> {
  for (const trace of (state as Partition).traces.values()) yield* oldestFirst(trace.open);
}

/** The open operations, a trace at a time, oldest first; live values. Records may be folded between two traces. */
export function* openOperationsByTrace(state: PartitionState): Generator<Iterable<OperationEntry>> {
  for (const { open } of (state as Partition).traces.values()) if (open.size > 0) yield oldestFirst(open);
}

/** The whole state as changes onto nothing; live values. */
export function* snapshotEntries(state: PartitionState): Generator<StateChange> {
  for (const trace of (state as Partition).traces.values()) {
    const { traceId } = trace;
    yield { type: 'trace', traceId, value: trace };
    for (const value of oldestFirst(trace.open))
      yield { type: 'operation', traceId, offset: value.offset, value };
    for (const value of allHeld(trace.held)) yield { type: 'held', traceId, offset: value.offset, value };
  }
}
