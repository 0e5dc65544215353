import type { Millis } from '@kaizen-trace/contracts';
import { micros, millis, phaseOf } from '@kaizen-trace/contracts';
import type { HeldEntry, OperationEntry, SavedEntry, TraceEntry } from './entries.js';
import { placeHeld, placeOperation, settle, weigh } from './evolve.js';
import { allHeld, noHeldPosts } from './held-posts.js';
import { otelTraceId } from './identity.js';
import { unitsOf } from './layouts/point.js';
import { noFingerprints } from './memory.js';
import { nameOf } from './naming.js';
import { noOpenOperations, oldestFirst } from './open-operations.js';
import type { CompiledSettings } from './settings.js';
import type { HeldPost, OpenOperation, Partition, PartitionState, TimerSubject, Trace } from './state.js';
import type { Timer } from './timers.js';
import { cancel, nextTimer } from './timers.js';

/** The saved entries do not belong together. Delete the state and replay the event log from its start. */
export class InconsistentStateError extends Error {
  override readonly name = 'InconsistentStateError';
  readonly code = 'KAIZEN_INCONSISTENT_STATE';
  constructor(what: string) {
    super(`${what}; delete the assembler's state and replay the event log from its start`);
  }
}

/** About what an open operation or held POST takes in memory, in bytes, by the size of what was read of it. */
export const weightOf = (bytes: number): number => 900 + 3 * bytes;

/** Traces that are fetched at a time when much falls due at once. */
const fetchedAtOnce = 1_000;

/** A trace of which nothing is known yet. */
export const newTrace = ({ sha256, current, streamTime }: Partition, traceId: string): Trace => ({
  traceId,
  otelId: otelTraceId(sha256, traceId),
  settings: current.index,
  root: undefined,
  greatestTimestamp: micros(0n),
  lastAppendTime: streamTime,
  lastOffset: -1n,
  eventFingerprints: [],
  callFingerprints: noFingerprints,
  open: noOpenOperations(),
  held: noHeldPosts(),
  timer: undefined,
  due: undefined,
  weight: 0,
  staysInMemory: false,
  changedAt: -1n,
});

const restoreTrace = (partition: Partition, entry: TraceEntry): Trace => ({
  ...newTrace(partition, entry.traceId),
  settings: entry.settings,
  root: entry.root,
  greatestTimestamp: entry.greatestTimestamp,
  lastAppendTime: entry.lastAppendTime,
  lastOffset: entry.lastOffset,
  eventFingerprints: [...entry.eventFingerprints],
  callFingerprints: entry.callFingerprints.length === 0 ? noFingerprints : [...entry.callFingerprints],
  staysInMemory: entry.due === 0,
});

interface Owner {
  readonly trace: Trace;
  readonly compiled: CompiledSettings;
  readonly weight: number;
}

const restoreOperation = (entry: OperationEntry, { trace, compiled, weight }: Owner): OpenOperation => ({
  ...entry,
  due: entry.due > 0 ? entry.due : millis(entry.appendTime + compiled.openTtlMs),
  spanEvents: entry.spanEvents.slice(),
  weight,
  trace,
  compiled,
  closable: compiled.traces(`post_${entry.kind}`),
  spanEventUnits: entry.spanEvents.reduce((sum, spanEvent) => sum + unitsOf(spanEvent), 0),
  timer: undefined,
  older: undefined,
  newer: undefined,
});

const restoreHeld = (entry: HeldEntry, owner: Owner): HeldPost => {
  const { kind } = phaseOf(entry.event.eventType);
  const due = entry.due > 0 ? entry.due : millis(entry.appendTime + owner.compiled.reorderGraceMs);
  return { ...entry, ...owner, due, kind, name: nameOf(entry.event, kind), timer: undefined };
};

const settingsAt = (partition: Partition, place: number): CompiledSettings => {
  const found = partition.settings[place];
  if (found === undefined)
    throw new InconsistentStateError(`an entry refers to settings ${place}, which are missing`);
  return found;
};

const offsetOf = ({ change }: SavedEntry): bigint => (change.type === 'trace' ? -1n : change.offset);

const inLogOrder = (a: SavedEntry, b: SavedEntry): number => (offsetOf(a) < offsetOf(b) ? -1 : 1);

/** Puts a trace that was saved into memory. The trace's own entry, which has no offset, sorts first. */
const placeSaved = (partition: Partition, traceId: string, entries: readonly SavedEntry[]): Trace => {
  const [first, ...rest] = entries.toSorted(inLogOrder);
  if (first?.change.type !== 'trace' || first.change.value === undefined)
    throw new InconsistentStateError(
      `an entry of trace ${JSON.stringify(traceId)} is left without its trace`,
    );
  const trace = restoreTrace(partition, first.change.value);
  settingsAt(partition, trace.settings);
  for (const { change, bytes } of rest) {
    if (change.type === 'trace' || change.value === undefined) continue;
    if (change.value.due === 0) trace.staysInMemory = true;
    const compiled = settingsAt(partition, change.value.settings);
    const owner = { trace, compiled, weight: weightOf(bytes) };
    if (change.type === 'operation') placeOperation(partition, restoreOperation(change.value, owner));
    else placeHeld(partition, restoreHeld(change.value, owner));
  }
  partition.traces.set(traceId, trace);
  weigh(partition, trace);
  settle(partition, trace);
  return trace;
};

/** Whether every trace is in memory, so that there is nothing to look for elsewhere. */
const isWhole = ({ saved, totals, traces }: Partition): boolean =>
  saved === undefined || totals.tracesBegun - totals.tracesForgotten === traces.size;

/** The trace, fetched into memory where it was put aside; undefined where it is unknown. */
export const traceOf = (partition: Partition, traceId: string): Trace | undefined => {
  const found = partition.traces.get(traceId);
  if (found !== undefined || partition.saved === undefined || isWhole(partition)) return found;
  if (partition.forgotten.has(traceId)) return undefined;
  const entries = partition.saved.load(traceId);
  return entries.length === 0 ? undefined : placeSaved(partition, traceId, entries);
};

/** Fetches traces with something due by now: some of them, the earliest first. */
const fetchDue = (partition: Partition): void => {
  const { saved, lookedThrough: after, streamTime } = partition;
  if (saved === undefined) return;
  const found = saved.due({ after, through: streamTime, atMost: fetchedAtOnce });
  for (const traceId of found.traceIds) traceOf(partition, traceId);
  partition.lookedThrough = found.through;
  partition.savedDue = saved.nextDue(found.through) ?? Number.POSITIVE_INFINITY;
};

/** The timer that fires next, where one is due by now; what it is about is in memory then. */
export const nextDue = (partition: Partition): Timer<TimerSubject> | undefined => {
  for (;;) {
    const timer = nextTimer(partition.timers);
    const until = Math.min(partition.streamTime, timer?.deadline ?? Number.POSITIVE_INFINITY);
    if (partition.savedDue <= until) fetchDue(partition);
    else return timer !== undefined && timer.deadline <= partition.streamTime ? timer : undefined;
  }
};

/** The earliest pending deadline, or a time before it: a tick is due when the wall clock has passed it. */
export const nextDeadline = (state: PartitionState): Millis | undefined => {
  const { timers, savedDue } = state as Partition;
  const earliest = Math.min(nextTimer(timers)?.deadline ?? Number.POSITIVE_INFINITY, savedDue);
  return earliest === Number.POSITIVE_INFINITY ? undefined : (earliest as Millis);
};

const putAside = (partition: Partition, trace: Trace): void => {
  let weight = trace.weight;
  const leave = (member: { timer: Timer<TimerSubject> | undefined }): void => {
    const { timer } = member;
    if (timer === undefined) return;
    cancel(partition.timers, timer);
    if (timer.deadline < partition.savedDue) partition.savedDue = timer.deadline;
  };
  for (const operation of oldestFirst(trace.open)) {
    leave(operation);
    weight += operation.weight;
  }
  for (const held of allHeld(trace.held)) {
    leave(held);
    weight += held.weight;
  }
  leave(trace);
  partition.traces.delete(trace.traceId);
  partition.weight -= weight;
};

/**
 * To be called as the saved traces keep up: all that happened before record `savedBefore` can be read back from them now.
 * Puts traces aside until those in memory take about `bytes` at most, the longest unchanged first.
 */
export const putTracesAside = (
  state: PartitionState,
  { savedBefore, bytes }: { readonly savedBefore: bigint; readonly bytes: number },
): void => {
  const partition = state as Partition;
  const { saved, traces, timers, streamTime, forgotten } = partition;
  for (const [traceId, at] of forgotten) if (at < savedBefore) forgotten.delete(traceId);
  // What is due now is about to change; it is looked for in memory alone.
  const isFiring = (nextTimer(timers)?.deadline ?? Number.POSITIVE_INFINITY) <= streamTime;
  if (saved === undefined || isFiring) return;
  for (const before of [partition.asideBefore, savedBefore]) {
    if (partition.weight <= bytes) break;
    for (const trace of traces.values()) {
      const isSaved = trace.changedAt < before && trace.changedAt < savedBefore;
      if (isSaved && !trace.staysInMemory) putAside(partition, trace);
      if (partition.weight <= bytes) break;
    }
  }
  partition.asideBefore = savedBefore;
};
