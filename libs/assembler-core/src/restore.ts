import type { Millis } from '@kaizen-trace/contracts';
import { phaseOf } from '@kaizen-trace/contracts';
import type { Counts } from './counts.js';
import type { HeldEntry, OperationEntry, StateChange, TraceEntry } from './entries.js';
import { placeHeld, placeOperation, settle } from './evolve.js';
import { noHeldPosts } from './held-posts.js';
import type { Sha256Hex } from './identity.js';
import { otelTraceId } from './identity.js';
import { unitsOf } from './layouts/point.js';
import { noFingerprints } from './memory.js';
import { nameOf } from './naming.js';
import { noOpenOperations } from './open-operations.js';
import type { AssemblySettings, CompiledSettings } from './settings.js';
import { compileSettings, sameSettings } from './settings.js';
import type { HeldPost, OpenOperation, Partition, PartitionState, Trace } from './state.js';

/** Where a saved state stands, kept in the partition's own record beside its entries. */
export interface PartitionPosition {
  readonly streamTime: Millis;
  /** What `countsOf` gave. */
  readonly counts: Counts;
  /** What `settingsTable` gave. */
  readonly settingsTable: readonly AssemblySettings[];
}

/** What a restart takes up. */
export interface SavedPartition {
  /** Each live entry once, in any order. Removals say nothing. */
  readonly changes: Iterable<StateChange>;
  readonly position: PartitionPosition;
}

/** The saved entries do not belong together. Delete the state and replay the event log from its start. */
export class InconsistentStateError extends Error {
  override readonly name = 'InconsistentStateError';
  readonly code = 'KAIZEN_INCONSISTENT_STATE';
  constructor(what: string) {
    super(`${what}; delete the assembler's state and replay the event log from its start`);
  }
}

interface Entries {
  readonly traces: readonly TraceEntry[];
  readonly operations: readonly OperationEntry[];
  readonly held: readonly HeldEntry[];
}

const byOffset = (a: { readonly offset: bigint }, b: { readonly offset: bigint }): number =>
  a.offset < b.offset ? -1 : 1;

const sorted = (changes: Iterable<StateChange>): Entries => {
  const entries = { traces: [] as TraceEntry[], operations: [] as OperationEntry[], held: [] as HeldEntry[] };
  for (const change of changes) {
    if (change.value === undefined) continue;
    if (change.type === 'trace') entries.traces.push(change.value);
    else if (change.type === 'operation') entries.operations.push(change.value);
    else entries.held.push(change.value);
  }
  entries.operations.sort(byOffset);
  entries.held.sort(byOffset);
  return entries;
};

/** The table with a place for `settings`: their own, one that no entry refers to any more, or a new one. */
const withSettings = (
  table: readonly AssemblySettings[],
  settings: AssemblySettings,
  { traces, operations, held }: Entries,
): { readonly compiled: CompiledSettings[]; readonly current: CompiledSettings } => {
  const compiled = table.map(compileSettings);
  const same = compiled.find((each) => sameSettings(table[each.index]!, settings));
  if (same !== undefined) return { compiled, current: same };
  const used = new Set([...traces, ...operations, ...held].map((entry) => entry.settings));
  const unused = table.findIndex((_, index) => !used.has(index));
  const current = compileSettings(settings, unused < 0 ? table.length : unused);
  compiled[current.index] = current;
  return { compiled, current };
};

const restoreTrace = (entry: TraceEntry, sha256: Sha256Hex): Trace => ({
  traceId: entry.traceId,
  otelId: otelTraceId(sha256, entry.traceId),
  settings: entry.settings,
  root: entry.root,
  greatestTimestamp: entry.greatestTimestamp,
  lastAppendTime: entry.lastAppendTime,
  lastOffset: entry.lastOffset,
  eventFingerprints: [...entry.eventFingerprints],
  callFingerprints: entry.callFingerprints.length === 0 ? noFingerprints : [...entry.callFingerprints],
  open: noOpenOperations(),
  held: noHeldPosts(),
  timer: undefined,
});

const restoreOperation = (
  entry: OperationEntry,
  trace: Trace,
  compiled: CompiledSettings,
): OpenOperation => ({
  ...entry,
  spanEvents: entry.spanEvents.slice(),
  trace,
  compiled,
  closable: compiled.traces(`post_${entry.kind}`),
  spanEventUnits: entry.spanEvents.reduce((sum, spanEvent) => sum + unitsOf(spanEvent), 0),
  timer: undefined,
  older: undefined,
  newer: undefined,
});

const restoreHeld = (entry: HeldEntry, trace: Trace, compiled: CompiledSettings): HeldPost => {
  const { kind } = phaseOf(entry.event.eventType);
  return { ...entry, trace, compiled, kind, name: nameOf(entry.event, kind), timer: undefined };
};

/**
 * The partition that was saved, going on with `settings` for what opens from now on.
 *
 * @throws InconsistentStateError where an entry refers to a trace or to settings that are not there.
 */
export const restorePartition = (
  settings: AssemblySettings,
  sha256: Sha256Hex,
  { changes, position }: SavedPartition,
): PartitionState => {
  const entries = sorted(changes);
  const { compiled, current } = withSettings(position.settingsTable, settings, entries);
  const { streamTime, counts } = position;
  const traces = new Map(entries.traces.map((entry) => [entry.traceId, restoreTrace(entry, sha256)]));
  const partition: Partition = {
    sha256,
    settings: compiled,
    current,
    traces,
    timers: [],
    totals: { ...counts },
    streamTime,
  };
  const settingsAt = (place: number): CompiledSettings => {
    const found = compiled[place];
    if (found === undefined)
      throw new InconsistentStateError(`an entry refers to settings ${place}, which are missing`);
    return found;
  };
  const traceOf = ({ traceId, offset }: OperationEntry | HeldEntry): Trace => {
    const trace = traces.get(traceId);
    if (trace === undefined) throw new InconsistentStateError(`the entry of offset ${offset} has no trace`);
    return trace;
  };
  for (const entry of entries.operations) {
    placeOperation(partition, restoreOperation(entry, traceOf(entry), settingsAt(entry.settings)));
  }
  for (const entry of entries.held) {
    placeHeld(partition, restoreHeld(entry, traceOf(entry), settingsAt(entry.settings)));
  }
  for (const trace of traces.values()) {
    settingsAt(trace.settings);
    settle(partition, trace);
  }
  return partition;
};
