import { nowSeconds } from '../clock.js';
import type { HookContextInit } from '../hooks/hook-context.js';
import type { HookResultInit } from '../hooks/hook-result.js';
import { carefulJson } from './careful-json.js';
import { newId } from '../new-id.js';

/** A time that is none is told as such, so that the event is refused for it and not given another. */
const timeOf = (timestamp: HookContextInit['timestamp']): unknown => {
  if (timestamp === undefined) return nowSeconds();
  const isNone =
    timestamp instanceof Date
      ? Number.isNaN(timestamp.getTime())
      : typeof timestamp === 'number' && !Number.isFinite(timestamp);
  return isNone ? String(timestamp) : timestamp;
};

const wireResult = ({ success, error, errorType, stack, durationMs, data }: HookResultInit): unknown => ({
  success,
  error,
  error_type: errorType,
  stack,
  duration_ms: durationMs,
  data,
});

const json = (value: unknown): string => {
  try {
    return JSON.stringify(value);
  } catch {
    return carefulJson(value) ?? 'null';
  }
};

/**
 * The event as one line of JSON with the contract's names and without a line break; ids and time that it leaves out are
 * given here. It is a copy: what the agent does with its `data` later does not show. Values that JSON cannot take are
 * left out or named, see {@link carefulJson}.
 *
 * @throws whatever a getter of the event itself throws; those of its `data` cannot.
 */
export const eventLine = (event: HookContextInit): string =>
  json({
    event_id: event.eventId ?? newId(),
    trace_id: event.traceId ?? crypto.randomUUID(),
    event_type: event.eventType,
    agent_id: event.agentId,
    timestamp: timeOf(event.timestamp),
    data: event.data,
    metadata: event.metadata,
    call_id: event.callId,
    parent_call_id: event.parentCallId,
    service_name: event.serviceName,
    result: event.result && wireResult(event.result),
  });

/**
 * As {@link eventLine}, but an array of the values: what never leaves the process need not spell its names, and is made
 * in two thirds of the time. A time of our own is two whole numbers there, seconds and microseconds: they are written
 * faster than a fraction.
 */
export const eventRow = (event: HookContextInit): string => {
  const { eventType, agentId, data, metadata, callId, parentCallId, serviceName, result } = event;
  const eventId = event.eventId ?? newId();
  const traceId = event.traceId ?? crypto.randomUUID();
  let timestamp: unknown;
  let micros = -1;
  if (event.timestamp === undefined) {
    const now = nowSeconds();
    const seconds = Math.floor(now);
    timestamp = seconds;
    micros = Math.round((now - seconds) * 1_000_000);
  } else timestamp = timeOf(event.timestamp);
  const isShort = callId === undefined && parentCallId === undefined && serviceName === undefined;
  if (isShort && result === undefined)
    return json([eventId, traceId, eventType, agentId, timestamp, micros, data, metadata]);
  const wire = result && wireResult(result);
  const more = [callId, parentCallId, serviceName, wire];
  return json([eventId, traceId, eventType, agentId, timestamp, micros, data, metadata, ...more]);
};

/** What a line holds, with the contract's names, whichever of the two it is. @throws SyntaxError where it is no JSON. */
export const readLine = (line: string): unknown => {
  const value: unknown = JSON.parse(line);
  if (!Array.isArray(value)) return value;
  const [event_id, trace_id, event_type, agent_id, time, micros, ...rest] = value as unknown[];
  const [data, metadata, call_id, parent_call_id, service_name, result] = rest;
  const timestamp = micros === -1 ? time : (Number(time) * 1_000_000 + Number(micros)) / 1_000_000;
  const first = { event_id, trace_id, event_type, agent_id, timestamp, data, metadata };
  return { ...first, call_id, parent_call_id, service_name, result };
};
