import { millis, unreachable } from '@kaizen-trace/contracts';
import type { MutableCounts } from './counts.js';
import type { StateChange } from './entries.js';
import type { Fact } from './facts.js';
import { addHeld, removeHeld } from './held-posts.js';
import { fingerprintOf, remember, rememberCall } from './memory.js';
import { addOpen, removeOpen } from './open-operations.js';
import type { HeldPost, OpenOperation, Partition, TimerSubject, Trace } from './state.js';
import type { Timer } from './timers.js';
import { cancel, schedule } from './timers.js';

/** Where facts take effect: on the state, which also notes what must be saved and what must be counted. */
export interface Evolution {
  readonly partition: Partition;
  /** Of the record that is being folded. */
  readonly offset: bigint;
  readonly changes: StateChange[];
  readonly counts: MutableCounts;
}

type FactOf<Type extends Fact['type']> = Extract<Fact, { readonly type: Type }>;

const arm = (partition: Partition, timer: Omit<Timer<TimerSubject>, 'slot'>): Timer<TimerSubject> => {
  const armed = { ...timer, slot: -1 };
  schedule(partition.timers, armed);
  return armed;
};

const disarm = (partition: Partition, holder: { timer: Timer<TimerSubject> | undefined }): void => {
  if (holder.timer !== undefined) cancel(partition.timers, holder.timer);
  holder.timer = undefined;
};

/** Puts an operation among the open ones of its trace, with its deadline. */
export const placeOperation = (partition: Partition, operation: OpenOperation): void => {
  addOpen(operation.trace.open, operation);
  partition.weight += operation.weight;
  operation.timer = arm(partition, {
    deadline: operation.due,
    offset: operation.offset,
    subject: { type: 'operation', operation },
  });
};

/** Puts a POST among the held ones of its trace, with its deadline. */
export const placeHeld = (partition: Partition, held: HeldPost): void => {
  addHeld(held.trace.held, held);
  partition.weight += held.weight;
  held.timer = arm(partition, {
    deadline: held.due,
    offset: held.offset,
    subject: { type: 'held', held },
  });
};

/** Gives a trace its deadline while nothing is open or held, and takes it away otherwise. */
export const settle = (partition: Partition, trace: Trace): void => {
  disarm(partition, trace);
  trace.due = undefined;
  if (trace.open.size > 0 || trace.held.size > 0) return;
  const { reorderGraceMs } = partition.settings[trace.settings]!;
  trace.due = millis(trace.lastAppendTime + reorderGraceMs);
  trace.timer = arm(partition, {
    deadline: trace.due,
    offset: trace.lastOffset,
    subject: { type: 'trace', trace },
  });
};

/** Notes that the trace must be saved. */
export const saveTrace = ({ changes, offset }: Evolution, trace: Trace): void => {
  trace.changedAt = offset;
  changes.push({ type: 'trace', traceId: trace.traceId, value: trace });
};

const saveOperation = (evolution: Evolution, operation: OpenOperation, value?: OpenOperation): void => {
  operation.trace.changedAt = evolution.offset;
  const { traceId, offset } = operation;
  evolution.changes.push({ type: 'operation', traceId, offset, value });
};

const saveHeld = (evolution: Evolution, held: HeldPost, value?: HeldPost): void => {
  held.trace.changedAt = evolution.offset;
  const { traceId, offset } = held;
  evolution.changes.push({ type: 'held', traceId, offset, value });
};

/** About what a trace without fingerprints takes in memory, in bytes. */
const bareTrace = 800;

/** Weighs what the trace remembers, after it has changed. */
export const weigh = (partition: Partition, trace: Trace): void => {
  const weight = bareTrace + 8 * (trace.eventFingerprints.length + trace.callFingerprints.length);
  partition.weight += weight - trace.weight;
  trace.weight = weight;
};

const seen = (evolution: Evolution, fact: FactOf<'EventSeen' | 'RepeatSeen'>): void => {
  const { trace } = fact;
  trace.settings = fact.settings;
  trace.lastAppendTime = fact.appendTime;
  trace.lastOffset = fact.offset;
  saveTrace(evolution, trace);
};

const eventSeen = (evolution: Evolution, fact: FactOf<'EventSeen'>): void => {
  const { trace } = fact;
  const { traces } = evolution.partition;
  if (!traces.has(trace.traceId)) {
    traces.set(trace.traceId, trace);
    evolution.counts.tracesBegun += 1;
  }
  remember(trace.eventFingerprints, fingerprintOf(fact.eventHash), fact.remembered);
  if (fact.timestamp > trace.greatestTimestamp) trace.greatestTimestamp = fact.timestamp;
  weigh(evolution.partition, trace);
  seen(evolution, fact);
};

const opened = (evolution: Evolution, fact: FactOf<'OperationOpened'>): void => {
  const { operation, callHash } = fact;
  const { trace, compiled, spanId, agentId } = operation;
  if (callHash !== undefined) rememberCall(trace, callHash, compiled.rememberedCallIds);
  if (operation.parentSpanId === undefined) trace.root ??= { spanId, agentId, closed: false };
  placeOperation(evolution.partition, operation);
  saveOperation(evolution, operation, operation);
  evolution.counts.opened += 1;
  if (fact.callIdReused) evolution.counts.reusedCallIds += 1;
  if (fact.shown) evolution.counts.progressSpans += 1;
};

const countClosed = ({ counts }: Evolution, how: FactOf<'OperationClosed'>['how']): void => {
  switch (how) {
    case 'paired':
      counts.paired += 1;
      return;
    case 'paired with skew':
      counts.paired += 1;
      counts.clockSkews += 1;
      return;
    case 'expired':
    case 'ended':
      counts.abandoned += 1;
      return;
    case 'crowded out':
      counts.abandoned += 1;
      counts.crowdedOut += 1;
      return;
    default:
      unreachable(how);
  }
};

const closed = (evolution: Evolution, { operation, how }: FactOf<'OperationClosed'>): void => {
  const { trace, spanId } = operation;
  disarm(evolution.partition, operation);
  evolution.partition.weight -= operation.weight;
  for (const child of removeOpen(trace.open, operation)) saveOperation(evolution, child, child);
  saveOperation(evolution, operation);
  if (trace.root?.spanId === spanId && !trace.root.closed) {
    trace.root = { ...trace.root, closed: true };
    saveTrace(evolution, trace);
  }
  countClosed(evolution, how);
};

const unheld = (evolution: Evolution, held: HeldPost): void => {
  disarm(evolution.partition, held);
  evolution.partition.weight -= held.weight;
  removeHeld(held.trace.held, held);
  saveHeld(evolution, held);
};

const spanEventTaken = (evolution: Evolution, fact: FactOf<'SpanEventTaken'>): void => {
  const { operation, spanEvent, units } = fact;
  operation.spanEvents.push(spanEvent);
  operation.spanEventUnits += units;
  operation.weight += 2 * units;
  evolution.partition.weight += 2 * units;
  saveOperation(evolution, operation, operation);
  evolution.counts.spanEvents += 1;
};

const forgotten = (evolution: Evolution, { trace }: FactOf<'TraceForgotten'>): void => {
  const { partition, changes, counts } = evolution;
  disarm(partition, trace);
  partition.traces.delete(trace.traceId);
  if (partition.saved !== undefined) partition.forgotten.set(trace.traceId, evolution.offset);
  partition.weight -= trace.weight;
  changes.push({ type: 'trace', traceId: trace.traceId, value: undefined });
  counts.tracesForgotten += 1;
};

/** Makes a fact true of the state. */
export const evolve = (evolution: Evolution, fact: Fact): void => {
  const { counts } = evolution;
  switch (fact.type) {
    case 'EventSeen':
      eventSeen(evolution, fact);
      return;
    case 'RepeatSeen':
      counts.duplicates += 1;
      seen(evolution, fact);
      return;
    case 'OperationOpened':
      opened(evolution, fact);
      return;
    case 'OperationClosed':
      closed(evolution, fact);
      return;
    case 'PostHeld':
      placeHeld(evolution.partition, fact.held);
      counts.held += 1;
      saveHeld(evolution, fact.held, fact.held);
      return;
    case 'HeldTaken':
      counts.heldTaken += 1;
      unheld(evolution, fact.held);
      return;
    case 'HeldExpired':
      counts.orphans += 1;
      unheld(evolution, fact.held);
      return;
    case 'SpanEventTaken':
      spanEventTaken(evolution, fact);
      return;
    case 'PointEnded':
      counts.pointSpans += 1;
      return;
    case 'TraceForgotten':
      forgotten(evolution, fact);
      return;
    default:
      unreachable(fact);
  }
};
