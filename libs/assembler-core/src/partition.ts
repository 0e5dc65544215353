import type { Millis } from '@kaizen-trace/contracts';
import type { Counts, PartitionSize } from './counts.js';
import { heldByCounts, openByCounts } from './counts.js';
import type { OperationEntry, StateChange } from './entries.js';
import { allHeld } from './held-posts.js';
import { oldestFirst } from './open-operations.js';
import type { AssemblySettings } from './settings.js';
import type { Partition, PartitionState } from './state.js';

/** The greatest append time folded so far. */
export const streamTimeOf = (state: PartitionState): Millis => (state as Partition).streamTime;

/** A copy of the sum of all counts since the partition began, restarts included. */
export const countsOf = (state: PartitionState): Counts => ({ ...(state as Partition).totals });

/** The settings that entries refer to by place; belongs in the partition's own record. */
export const settingsTable = (state: PartitionState): readonly AssemblySettings[] =>
  (state as Partition).settings.map(({ source }) => source);

/** How many traces, open operations and held POSTs there are. */
export const partitionSize = (state: PartitionState): PartitionSize => {
  const { totals } = state as Partition;
  return {
    traces: totals.tracesBegun - totals.tracesForgotten,
    open: openByCounts(totals),
    held: heldByCounts(totals),
  };
};

/** About how many bytes the traces in memory take, and how many there are. */
export const memoryOf = (state: PartitionState): { readonly traces: number; readonly bytes: number } => {
  const { traces, weight } = state as Partition;
  return { traces: traces.size, bytes: weight };
};

function* entriesInMemory({ traces }: Partition): Generator<StateChange> {
  for (const trace of traces.values()) {
    const { traceId } = trace;
    yield { type: 'trace', traceId, value: trace };
    for (const value of oldestFirst(trace.open))
      yield { type: 'operation', traceId, offset: value.offset, value };
    for (const value of allHeld(trace.held)) yield { type: 'held', traceId, offset: value.offset, value };
  }
}

/**
 * The whole state as changes onto nothing, trace by trace; of traces in memory live values. What is folded meanwhile may
 * or may not be there, but what stays as it is is there once.
 */
export function* snapshotEntries(state: PartitionState): Generator<StateChange> {
  const partition = state as Partition;
  // A trace that is put aside meanwhile would come again.
  const given = new Set<string>();
  for (const change of entriesInMemory(partition)) {
    given.add(change.traceId);
    yield change;
  }
  for (const change of partition.saved?.all() ?? [])
    if (!given.has(change.traceId) && !partition.forgotten.has(change.traceId)) yield change;
}

/** The open operations, in the order of {@link snapshotEntries}; in memory live values. */
export function* openOperations(state: PartitionState): Generator<OperationEntry> {
  for (const { type, value } of snapshotEntries(state))
    if (type === 'operation' && value !== undefined) yield value;
}
