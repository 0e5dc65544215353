import type { EventPhase, HookContext, Millis, SpanRecord } from '@kaizen-trace/contracts';
import { micros, phaseOf, unreachable } from '@kaizen-trace/contracts';
import type { Arrival } from './decide.js';
import { callOf, decide } from './decide.js';
import type { StateChange } from './entries.js';
import type { Evolution } from './evolve.js';
import { evolve, settle } from './evolve.js';
import { crowdOut, decideDue } from './expire.js';
import type { Decision } from './facts.js';
import { heldFor, noHeldPosts } from './held-posts.js';
import { otelTraceId, spanIdOf } from './identity.js';
import { noFingerprints, remembersEvent } from './memory.js';
import { nameOf } from './naming.js';
import { closedBy, noOpenOperations } from './open-operations.js';
import type { Partition, PartitionState, TimerSubject, Trace } from './state.js';
import { nextTimer } from './timers.js';

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
}

interface Folding extends Evolution {
  readonly spans: SpanRecord[];
}

const apply = (folding: Folding, { facts, spans }: Decision): void => {
  for (const fact of facts) evolve(folding, fact);
  for (const span of spans) folding.spans.push(span);
};

const traceOf = (subject: TimerSubject): Trace => {
  switch (subject.type) {
    case 'operation':
      return subject.operation.trace;
    case 'held':
      return subject.held.trace;
    case 'trace':
      return subject.trace;
    default:
      return unreachable(subject);
  }
};

/** Everything due by now ends, in the order of its deadlines. */
const fireDue = (folding: Folding): void => {
  const { partition } = folding;
  for (;;) {
    const timer = nextTimer(partition.timers);
    if (timer === undefined || timer.deadline > partition.streamTime) return;
    apply(folding, decideDue(timer.subject));
    if (timer.subject.type !== 'trace') settle(partition, traceOf(timer.subject));
  }
};

const newTrace = (partition: Partition, traceId: string): Trace => ({
  traceId,
  otelId: otelTraceId(partition.sha256, traceId),
  settings: partition.current.index,
  root: undefined,
  greatestTimestamp: micros(0n),
  lastAppendTime: partition.streamTime,
  lastOffset: -1n,
  eventFingerprints: [],
  callFingerprints: noFingerprints,
  open: noOpenOperations(),
  held: noHeldPosts(),
  timer: undefined,
});

/** Whether an event that the filter leaves out is still awaited, by an operation with the filter of its own PRE. */
const isAwaited = (trace: Trace | undefined, event: HookContext, { phase, kind }: EventPhase): boolean => {
  if (trace === undefined || phase !== 'post') return false;
  const { agentId, callId } = event;
  return closedBy(trace.open, { kind, name: nameOf(event, kind), agentId, callId }) !== undefined;
};

const makeRoom = (folding: Folding, { trace, event }: Arrival, kind: string): void => {
  const { open, held } = trace;
  const { maxOpenOperations, traces } = folding.partition.current;
  if (open.size < maxOpenOperations) return;
  const { agentId, callId, timestamp: start } = event;
  const closable = traces(`post_${kind}`);
  // Closed at once by a held POST, it needs no room.
  if (heldFor(held, { kind, name: nameOf(event, kind), agentId, callId, start, closable }) !== undefined)
    return;
  while (open.oldest !== undefined && open.size >= maxOpenOperations) apply(folding, crowdOut(open.oldest));
};

const foldEvent = (folding: Folding, input: FoldInput, event: HookContext): void => {
  const { partition, counts } = folding;
  const { current, sha256, traces } = partition;
  counts.events += 1;
  const known = traces.get(event.traceId);
  const phase = phaseOf(event.eventType);
  const isTraced = current.traces(event.eventType);
  if (!isTraced && !isAwaited(known, event, phase)) {
    counts.filtered += 1;
    return;
  }
  const { offset, appendTime } = input;
  const eventHash = spanIdOf(sha256, event.traceId, event.eventId);
  const trace = known ?? newTrace(partition, event.traceId);
  const seen = { trace, offset, appendTime, settings: current.index };
  if (remembersEvent(trace, eventHash)) {
    if (isTraced) evolve(folding, { type: 'RepeatSeen', ...seen });
    else counts.filtered += 1;
  } else {
    const remembered = current.rememberedEventIds;
    evolve(folding, { type: 'EventSeen', ...seen, eventHash, timestamp: event.timestamp, remembered });
    const isPre = phase.phase === 'pre';
    const call = isPre ? callOf(partition, trace, event) : undefined;
    const arrival: Arrival = { partition, trace, event, eventHash, offset, appendTime, call };
    if (isPre) makeRoom(folding, arrival, phase.kind);
    apply(folding, decide(arrival, phase));
  }
  settle(partition, trace);
};

/**
 * Folds one record: stream time moves to its append time, everything due by then fires in order (deadline, offset),
 * then its event is folded. Never throws for a valid event. Changes `state` in place;
 * what it counted is in `countsOf`.
 */
export const foldRecord = (state: PartitionState, input: FoldInput): FoldOutput => {
  const partition = state as Partition;
  const folding: Folding = { partition, spans: [], changes: [], counts: partition.totals };
  folding.counts.records += 1;
  if (input.appendTime > partition.streamTime) partition.streamTime = input.appendTime;
  fireDue(folding);
  if (input.event !== undefined) foldEvent(folding, input, input.event);
  folding.counts.spans += folding.spans.length;
  const { spans, changes } = folding;
  return { spans, changes };
};
