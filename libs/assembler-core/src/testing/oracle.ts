import type { HookContext, SpanRecord } from '@kaizen-trace/contracts';
import { phaseOf } from '@kaizen-trace/contracts';
import type { AssemblySettings } from '../settings.js';
import type { HeldPost, OpenOperation, OracleTrace } from './oracle-model.js';
import { operationName, oracleSpanId, spanIdOfCall, textField } from './oracle-model.js';
import type { Seeker } from './oracle-relations.js';
import { closedBy, parentOf, takenBy } from './oracle-relations.js';
import { abandonedSpan, orphanSpan, pairSpans, pointSpan, pointSpanEvent } from './oracle-spans.js';

/** One record of the log, as the contract sees it; without an event it only carries time. */
export interface OracleRecord {
  readonly offset: bigint;
  readonly appendTime: number;
  readonly event?: HookContext;
}

/** What one record must lead to. */
export interface OracleAnswer {
  readonly spans: SpanRecord[];
  duplicates: number;
  reusedCallIds: number;
}

/** A partition under the oracle's eyes. */
interface World {
  traces: OracleTrace[];
  streamTime: number;
  readonly settings: AssemblySettings;
}

interface Arrival extends Seeker {
  readonly offset: bigint;
  readonly appendTime: number;
  readonly event: HookContext;
}

/** An operation ends: it is open no longer, and what is open beneath it has lost its parent. */
const end = (trace: OracleTrace, operation: OpenOperation): void => {
  trace.open = trace.open.filter((other) => other !== operation);
  for (const other of trace.open) if (other.parent === operation.spanId) other.parentClosed = true;
  if (trace.root?.operation === operation) trace.root.closed = true;
};

// Everything due by stream time fires, by deadline, then by offset: operations by the TTL, held POSTs by the grace.
const fireDeadlines = ({ traces, streamTime, settings }: World): SpanRecord[] => {
  const due = traces.flatMap((trace) => [
    ...trace.open.map((operation) => ({
      deadline: operation.appendTime + settings.openTtlMs,
      offset: operation.offset,
      fire: (): SpanRecord => {
        end(trace, operation);
        return abandonedSpan(operation, { greatest: trace.greatest, reason: 'no POST event' }, settings);
      },
    })),
    ...trace.held.map((held) => ({
      deadline: held.appendTime + settings.reorderGraceMs,
      offset: held.offset,
      fire: (): SpanRecord => {
        trace.held = trace.held.filter((other) => other !== held);
        return orphanSpan(held, settings);
      },
    })),
  ]);
  return due
    .filter(({ deadline }) => deadline <= streamTime)
    .sort((a, b) => a.deadline - b.deadline || Number(a.offset - b.offset))
    .map(({ fire }) => fire());
};

// A trace with nothing open or held is forgotten when the grace has passed since its last record.
const forget = (world: World): void => {
  world.traces = world.traces.filter(
    ({ open, held, lastAppendTime }) =>
      open.length > 0 || held.length > 0 || lastAppendTime + world.settings.reorderGraceMs > world.streamTime,
  );
};

const traceOf = (world: World, { event, appendTime }: Arrival): OracleTrace => {
  const known = world.traces.find(({ traceId }) => traceId === event.traceId);
  if (known !== undefined) return known;
  const fresh: OracleTrace = {
    traceId: event.traceId,
    open: [],
    held: [],
    root: undefined,
    greatest: event.timestamp,
    lastAppendTime: appendTime,
    eventIds: [],
    callIds: [],
  };
  world.traces.push(fresh);
  return fresh;
};

const lastOf = (ids: readonly string[], id: string, limit: number): string[] =>
  [...ids.filter((other) => other !== id), id].slice(-limit);

// The last event ids, and those of the open operations; a held POST, too, is known while it waits.
const isRepeat = ({ eventIds, open, held }: OracleTrace, { eventId }: HookContext): boolean =>
  eventIds.includes(eventId) || [...open, ...held].some(({ event }) => event.eventId === eventId);

// There are never more open operations than allowed: the oldest is given up before another opens.
const makeRoom = (trace: OracleTrace, settings: AssemblySettings): SpanRecord[] => {
  const [oldest] = trace.open;
  if (oldest === undefined || trace.open.length < settings.maxOpenOperations) return [];
  end(trace, oldest);
  const why = { greatest: trace.greatest, reason: 'too many open operations' };
  return [abandonedSpan(oldest, why, settings)];
};

const foldPre = (
  trace: OracleTrace,
  { event, kind, offset, appendTime }: Arrival,
  { settings, answer }: { readonly settings: AssemblySettings; readonly answer: OracleAnswer },
): void => {
  const { callId, traceId, eventId } = event;
  // A call_id that another PRE of the trace had is for pairing only.
  const reused =
    callId !== undefined &&
    (trace.callIds.includes(callId) || trace.open.some((other) => other.event.callId === callId));
  if (reused) answer.reusedCallIds += 1;
  const spanId =
    callId === undefined || reused ? oracleSpanId(traceId, eventId) : spanIdOfCall(traceId, callId);
  if (callId !== undefined) trace.callIds = lastOf(trace.callIds, callId, settings.rememberedCallIds);
  // One that a held POST closes at once needs no room.
  const held = takenBy(trace, { event, kind });
  if (held === undefined) answer.spans.push(...makeRoom(trace, settings));
  const operation: OpenOperation = {
    offset,
    appendTime,
    event,
    kind,
    spanId,
    name: operationName(event),
    toolName: textField(event, 'tool_name'),
    parent: parentOf(trace, { event, kind }, spanId),
    parentClosed: false,
    spanEvents: [],
  };
  // The root is the first operation without a parent.
  if (operation.parent === undefined) trace.root ??= { operation, closed: false };
  if (held !== undefined) {
    trace.held = trace.held.filter((other) => other !== held);
    end(trace, operation);
    answer.spans.push(...pairSpans(operation, held, settings));
    return;
  }
  trace.open.push(operation);
};

const foldPost = (trace: OracleTrace, arrival: Arrival, settings: AssemblySettings): SpanRecord[] => {
  const { event, kind, offset, appendTime } = arrival;
  const spanId = oracleSpanId(event.traceId, event.eventId);
  const operation = closedBy(trace, arrival);
  if (operation !== undefined) {
    end(trace, operation);
    return pairSpans(operation, { event, spanId }, settings);
  }
  // With nothing to close it is held, with the parent that it has here.
  const held: HeldPost = {
    offset,
    appendTime,
    event,
    kind,
    spanId,
    name: operationName(event),
    parent: parentOf(trace, arrival, spanId),
  };
  trace.held.push(held);
  return [];
};

const foldPoint = (trace: OracleTrace, arrival: Arrival, settings: AssemblySettings): SpanRecord[] => {
  const { event } = arrival;
  const spanId = oracleSpanId(event.traceId, event.eventId);
  const parent = parentOf(trace, arrival, spanId);
  // In layout operations, without a result, it is an event of its parent while that is open and has room.
  const operation = trace.open.findLast((other) => other.spanId === parent);
  if (
    settings.layout === 'operations' &&
    event.result === undefined &&
    operation !== undefined &&
    operation.spanEvents.length < settings.maxSpanEvents
  ) {
    operation.spanEvents.push(pointSpanEvent(event, settings));
    return [];
  }
  return [pointSpan(event, { spanId, parent }, settings)];
};

const foldEvent = (world: World, arrival: Arrival, answer: OracleAnswer): void => {
  const { settings } = world;
  const { event } = arrival;
  // Types that are not traced are as if absent.
  if (settings.eventsToTrace?.includes(event.eventType) === false) return;
  const trace = traceOf(world, arrival);
  // A repeat is dropped, yet it is the trace's last record.
  trace.lastAppendTime = arrival.appendTime;
  if (isRepeat(trace, event)) {
    answer.duplicates += 1;
    return;
  }
  trace.eventIds = lastOf(trace.eventIds, event.eventId, settings.rememberedEventIds);
  if (event.timestamp > trace.greatest) trace.greatest = event.timestamp;
  const { phase } = phaseOf(event.eventType);
  if (phase === 'pre') foldPre(trace, arrival, { settings, answer });
  else if (phase === 'post') answer.spans.push(...foldPost(trace, arrival, settings));
  else answer.spans.push(...foldPoint(trace, arrival, settings));
};

/**
 * What a log must lead to, record by record, read from the contract alone: slow, plain, and written without a look at
 * the implementation, which it is held against.
 */
export const oracle = (records: readonly OracleRecord[], settings: AssemblySettings): OracleAnswer[] => {
  const world: World = { traces: [], streamTime: 0, settings };
  return records.map(({ offset, appendTime, event }) => {
    const answer: OracleAnswer = { spans: [], duplicates: 0, reusedCallIds: 0 };
    // Stream time is the greatest append time; what is due fires before the record is folded.
    world.streamTime = Math.max(world.streamTime, appendTime);
    answer.spans.push(...fireDeadlines(world));
    forget(world);
    if (event !== undefined) {
      const { kind } = phaseOf(event.eventType);
      foldEvent(world, { offset, appendTime, event, kind }, answer);
    }
    return answer;
  });
};
