import type { EventPhase, HookContext, Millis, SpanRecord } from '@kaizen-trace/contracts';
import { phaseOf, unreachable } from '@kaizen-trace/contracts';
import type { Arrival } from './decide.js';
import { callOf, decide } from './decide.js';
import type { StateChange } from './entries.js';
import type { Evolution } from './evolve.js';
import { evolve, saveTrace, settle } from './evolve.js';
import { crowdOut, decideDue } from './expire.js';
import type { Decision } from './facts.js';
import { heldFor } from './held-posts.js';
import { spanIdOf } from './identity.js';
import { remembersEvent } from './memory.js';
import { nameOf } from './naming.js';
import { closedBy } from './open-operations.js';
import { newTrace, nextDue, traceOf, weightOf } from './saved-traces.js';
import type { Partition, PartitionState, TimerSubject, Trace } from './state.js';

/** One record of the partition, in log order. */
export interface FoldInput {
  readonly offset: bigint;
  /** LogAppendTime of the record. */
  readonly appendTime: Millis;
  /** Size of the record, as a measure of the memory that an open operation takes; 0 unless told. */
  readonly bytes?: number;
  /** Absent on a tick and on a dead-lettered record: then only time passes. */
  readonly event?: HookContext;
}

/** What one record led to. */
export interface FoldOutput {
  /** Finished spans, in a fixed order. */
  readonly spans: readonly SpanRecord[];
  readonly changes: readonly StateChange[];
}

/** A record, or another reason to change the state, on its way. */
export interface Folding extends Evolution {
  readonly spans: SpanRecord[];
}

/** What deadlines led to. */
export interface ExpiryOutput extends FoldOutput {
  /** Whether nothing more is due. */
  readonly done: boolean;
}

/** Makes a decision true, and gives its spans. */
export const apply = (folding: Folding, { facts, spans }: Decision): void => {
  for (const fact of facts) evolve(folding, fact);
  for (const span of spans) folding.spans.push(span);
};

const ownerOf = (subject: TimerSubject): Trace => {
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

/** Ends what is due by now, in the order of its deadlines: at most `atMost`, or all. Gives whether nothing is left. */
const fireDue = (folding: Folding, atMost = Number.POSITIVE_INFINITY): boolean => {
  const { partition } = folding;
  for (let fired = 0; ; fired += 1) {
    const timer = nextDue(partition);
    if (timer === undefined) return true;
    if (fired >= atMost) return false;
    apply(folding, decideDue(timer.subject));
    if (timer.subject.type === 'trace') continue;
    const trace = ownerOf(timer.subject);
    settle(partition, trace);
    if (trace.due !== undefined) saveTrace(folding, trace);
  }
};

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
  const { current, sha256 } = partition;
  counts.events += 1;
  const phase = phaseOf(event.eventType);
  const isTraced = current.traces(event.eventType);
  const known = isTraced || phase.phase === 'post' ? traceOf(partition, event.traceId) : undefined;
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
    const weight = weightOf(input.bytes ?? 0);
    const arrival: Arrival = { partition, trace, event, eventHash, offset, appendTime, weight, call };
    if (isPre) makeRoom(folding, arrival, phase.kind);
    apply(folding, decide(arrival, phase));
  }
  settle(partition, trace);
};

const beginFolding = (partition: Partition, { offset, appendTime }: FoldInput): Folding => {
  if (appendTime > partition.streamTime) partition.streamTime = appendTime;
  return { partition, offset, spans: [], changes: [], counts: partition.totals };
};

/** What a folding led to; counts its spans. */
export const finish = ({ spans, changes, counts }: Folding): FoldOutput => {
  counts.spans += spans.length;
  return { spans, changes };
};

/**
 * Begins a record: stream time moves to its append time, and of what is due by then at most `atMost` fires, in order.
 * To be repeated until it is done, before {@link foldRecord} takes the same record: so what falls due at once can be
 * committed in parts. A restart between two parts goes on with the rest when the record comes again.
 */
export const expireBefore = (state: PartitionState, input: FoldInput, atMost: number): ExpiryOutput => {
  const folding = beginFolding(state as Partition, input);
  const done = fireDue(folding, atMost);
  return { ...finish(folding), done };
};

/**
 * Folds one record: stream time moves to its append time, everything due by then fires in order (deadline, offset),
 * then its event is folded. Never throws for a valid event. Changes `state` in place;
 * what it counted is in `countsOf`.
 */
export const foldRecord = (state: PartitionState, input: FoldInput): FoldOutput => {
  const partition = state as Partition;
  const folding = beginFolding(partition, input);
  folding.counts.records += 1;
  fireDue(folding);
  if (input.event !== undefined) foldEvent(folding, input, input.event);
  return finish(folding);
};
