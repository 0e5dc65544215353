import type { EventPhase, HookContext, Millis, SpanId } from '@kaizen-trace/contracts';
import { millis, unreachable } from '@kaizen-trace/contracts';
import { ownFields, roomFor } from './attributes.js';
import type { Decision, Fact } from './facts.js';
import { heldFor } from './held-posts.js';
import { callIdentity, spanIdOf } from './identity.js';
import { layoutOf } from './layouts/layout.js';
import { progressSpan } from './layouts/progress.js';
import { pointSpan, spanEventOf, unitsOf } from './layouts/point.js';
import { remembersCall } from './memory.js';
import { nameOf, toolNameOf } from './naming.js';
import { closedBy, openBySpanId } from './open-operations.js';
import { parentOf } from './parent.js';
import type { HeldPost, OpenOperation, Partition, Trace } from './state.js';

/** An event in its trace, neither filtered nor a repeat. */
export interface Arrival {
  readonly partition: Partition;
  readonly trace: Trace;
  readonly event: HookContext;
  /** By its event id: its span id, but for a PRE with a call_id. */
  readonly eventHash: SpanId;
  readonly offset: bigint;
  readonly appendTime: Millis;
  /** About how many bytes what it leaves in memory takes. */
  readonly weight: number;
  /** Of a PRE with a call_id. */
  readonly call: ArrivedCall | undefined;
}

/** The call_id of a PRE as the trace knew it when the PRE came, before anything made room for it. */
export interface ArrivedCall {
  readonly hash: SpanId;
  /** Another PRE of the trace had that call_id. */
  readonly reused: boolean;
}

/** What the trace knows of a PRE's call_id. */
export const callOf = (
  { sha256 }: Partition,
  trace: Trace,
  { callId }: HookContext,
): ArrivedCall | undefined => {
  if (callId === undefined) return undefined;
  const hash = spanIdOf(sha256, trace.traceId, callIdentity(callId));
  return { hash, reused: remembersCall(trace, { hash, id: callId }) };
};

interface Opening {
  readonly operation: OpenOperation;
  readonly callHash: SpanId | undefined;
  readonly callIdReused: boolean;
}

const opening = (arrival: Arrival, kind: string): Opening => {
  const { partition, trace, event, call } = arrival;
  const compiled = partition.current;
  const callIdReused = call?.reused === true;
  const spanId = call === undefined || callIdReused ? arrival.eventHash : call.hash;
  const { agentId, parentCallId } = event;
  const toolName = toolNameOf(event);
  const own = ownFields(event, compiled, roomFor(toolName, 'none', compiled.maxAttributes));
  const operation: OpenOperation = {
    traceId: trace.traceId,
    offset: arrival.offset,
    appendTime: arrival.appendTime,
    settings: compiled.index,
    spanId,
    parentSpanId: parentOf(partition.sha256, trace, { kind, agentId, spanId, parentCallId }),
    eventHash: arrival.eventHash,
    kind,
    name: nameOf(event, kind),
    toolName,
    agentId,
    callId: event.callId,
    serviceName: event.serviceName,
    start: event.timestamp,
    fields: own.fields,
    dataFields: own.dataFields,
    droppedFields: own.dropped,
    parentClosed: false,
    spanEvents: [],
    due: millis(arrival.appendTime + compiled.openTtlMs),
    weight: arrival.weight,
    trace,
    compiled,
    closable: compiled.traces(`post_${kind}`),
    spanEventUnits: 0,
    timer: undefined,
    older: undefined,
    newer: undefined,
  };
  return { operation, callHash: call?.hash, callIdReused };
};

const closing = (
  operation: OpenOperation,
  post: { readonly event: HookContext; readonly spanId: SpanId },
): { readonly fact: Fact; readonly spans: Decision['spans'] } => ({
  fact: {
    type: 'OperationClosed',
    operation,
    how: post.event.timestamp < operation.start ? 'paired with skew' : 'paired',
  },
  spans: layoutOf(operation.compiled).pair({
    otelId: operation.trace.otelId,
    settings: operation.compiled,
    operation,
    post: post.event,
    postSpanId: post.spanId,
  }),
});

const decidePre = (arrival: Arrival, kind: string): Decision => {
  const opened = opening(arrival, kind);
  const held = heldFor(arrival.trace.held, opened.operation);
  const shown = held === undefined && arrival.partition.current.progressSpans;
  const fact: Fact = { type: 'OperationOpened', ...opened, shown };
  if (held === undefined) {
    const spans = shown ? [progressSpan(opened.operation, arrival.partition.sha256)] : [];
    return { facts: [fact], spans };
  }
  const closed = closing(opened.operation, held);
  return { facts: [fact, { type: 'HeldTaken', held }, closed.fact], spans: closed.spans };
};

const holding = (arrival: Arrival, kind: string, name: string | undefined): HeldPost => {
  const { partition, trace, event, eventHash } = arrival;
  const { agentId, parentCallId } = event;
  return {
    traceId: trace.traceId,
    offset: arrival.offset,
    appendTime: arrival.appendTime,
    settings: partition.current.index,
    spanId: eventHash,
    parentSpanId: parentOf(partition.sha256, trace, { kind, agentId, spanId: eventHash, parentCallId }),
    event,
    due: millis(arrival.appendTime + partition.current.reorderGraceMs),
    weight: arrival.weight,
    trace,
    compiled: partition.current,
    kind,
    name,
    timer: undefined,
  };
};

const decidePost = (arrival: Arrival, kind: string): Decision => {
  const { trace, event } = arrival;
  const name = nameOf(event, kind);
  const operation = closedBy(trace.open, { kind, name, agentId: event.agentId, callId: event.callId });
  if (operation === undefined) {
    return { facts: [{ type: 'PostHeld', held: holding(arrival, kind, name) }], spans: [] };
  }
  const { fact, spans } = closing(operation, { event, spanId: arrival.eventHash });
  return { facts: [fact], spans };
};

const asSpanEvent = ({ partition, trace, event }: Arrival, parent: SpanId | undefined): Fact | undefined => {
  if (partition.current.layout !== 'operations' || event.result !== undefined || parent === undefined) {
    return undefined;
  }
  const operation = openBySpanId(trace.open, parent);
  if (operation?.compiled.layout !== 'operations') return undefined;
  const { compiled, spanEvents, spanEventUnits } = operation;
  if (spanEvents.length >= compiled.maxSpanEvents) return undefined;
  const spanEvent = spanEventOf(event, compiled);
  const units = unitsOf(spanEvent);
  if (spanEventUnits + units > compiled.maxSpanEventUnits) return undefined;
  return { type: 'SpanEventTaken', operation, spanEvent, units };
};

const decidePoint = (arrival: Arrival): Decision => {
  const { partition, trace, event, eventHash } = arrival;
  const { agentId, eventType, parentCallId } = event;
  const child = { kind: eventType, agentId, spanId: eventHash, parentCallId };
  const parentSpanId = parentOf(partition.sha256, trace, child);
  const taken = asSpanEvent(arrival, parentSpanId);
  if (taken !== undefined) return { facts: [taken], spans: [] };
  const settings = partition.current;
  return {
    facts: [{ type: 'PointEnded' }],
    spans: [pointSpan({ otelId: trace.otelId, settings, event, spanId: eventHash, parentSpanId })],
  };
};

/** What an event does in its trace, by the state before it. */
export const decide = (arrival: Arrival, phase: EventPhase): Decision => {
  switch (phase.phase) {
    case 'pre':
      return decidePre(arrival, phase.kind);
    case 'post':
      return decidePost(arrival, phase.kind);
    case 'point':
      return decidePoint(arrival);
    default:
      return unreachable(phase);
  }
};
