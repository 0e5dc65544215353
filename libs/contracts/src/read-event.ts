import { checkEvent } from './check-event.js';
import type { EventCandidate, EventReading } from './check-event.js';
import { emptyFields, isPlainObject, readFields } from './fields.js';
import type { Fields, HookResult } from './hook-context.js';
import { refuse } from './refusal.js';
import type { Refusal } from './refusal.js';
import type { Micros } from './time.js';
import { readTimestamp } from './timestamp.js';

/** What an event gets where it leaves a field out. Called only for what is absent. */
export interface EventDefaults {
  /** The time of receipt. */
  now(): Micros;
  /** A fresh UUIDv7. */
  newId(): string;
  /** A fresh UUID: the event gets a trace of its own. */
  newTraceId(): string;
}

type Source = Readonly<Record<string, unknown>>;

/** Collects the first refusal, so that reading the fields stays a flat list. */
interface Findings {
  refusal: Refusal | undefined;
}

/** The object's own member. */
const member = (source: Source, name: string): unknown =>
  Object.hasOwn(source, name) ? source[name] : undefined;

const textAt = (findings: Findings, value: unknown, field: string): string | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value.toWellFormed();
  findings.refusal ??= refuse(field, 'must be a string');
  return undefined;
};

const numberAt = (findings: Findings, value: unknown, field: string): number | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
  findings.refusal ??= refuse(field, 'must be a finite number');
  return undefined;
};

const fieldsAt = (findings: Findings, value: unknown, field: string): Fields | undefined => {
  if (value === undefined || value === null) return undefined;
  const reading = readFields(value, field);
  if (reading.type === 'read') return reading.fields;
  findings.refusal ??= reading;
  return undefined;
};

const timestampAt = (findings: Findings, value: unknown): Micros | undefined => {
  if (value === undefined || value === null) return undefined;
  const reading = readTimestamp(value);
  if (reading.type === 'read') return reading.timestamp;
  findings.refusal ??= refuse('timestamp', reading.reason);
  return undefined;
};

/** What an operation came to, unread. Undefined and null mean absent. */
export interface ResultValues {
  readonly success: unknown;
  readonly error: unknown;
  readonly errorType: unknown;
  readonly stack: unknown;
  readonly durationMs: unknown;
  readonly data: unknown;
}

/** The fields of an event, unread. Undefined and null mean absent. */
export interface EventValues {
  readonly eventId: unknown;
  readonly traceId: unknown;
  readonly eventType: unknown;
  readonly agentId: unknown;
  readonly timestamp: unknown;
  readonly serviceName: unknown;
  readonly callId: unknown;
  readonly parentCallId: unknown;
  readonly data: unknown;
  readonly metadata: unknown;
  /** `not an object` where something stands there that has no fields. */
  readonly result: ResultValues | 'not an object' | undefined;
}

interface ResultParts {
  readonly result: HookResult;
  readonly data: Fields | undefined;
}

const resultAt = (findings: Findings, values: EventValues['result']): ResultParts | undefined => {
  if (values === undefined) return undefined;
  if (values === 'not an object') {
    findings.refusal ??= refuse('result', 'must be an object');
    return undefined;
  }
  const success = values.success ?? undefined;
  if (typeof success !== 'boolean') {
    findings.refusal ??= refuse(
      'result.success',
      success === undefined ? 'is required' : 'must be a boolean',
    );
    return undefined;
  }
  const error = textAt(findings, values.error, 'result.error');
  const errorType = textAt(findings, values.errorType, 'result.error_type');
  const stack = textAt(findings, values.stack, 'result.stack');
  const durationMs = numberAt(findings, values.durationMs, 'result.duration_ms');
  const data = fieldsAt(findings, values.data, 'result.data');
  return {
    result: {
      success,
      ...(error === undefined ? {} : { error }),
      ...(errorType === undefined ? {} : { errorType }),
      ...(stack === undefined ? {} : { stack }),
      ...(durationMs === undefined ? {} : { durationMs }),
    },
    data,
  };
};

/** The event's own fields, then those of its result that it does not have. */
const merged = (own: Fields, added: Fields | undefined): Fields => {
  if (added === undefined) return own;
  const all = Object.assign(emptyFields(), own);
  for (const [key, value] of Object.entries(added)) if (!Object.hasOwn(all, key)) all[key] = value;
  return all;
};

/** The event's parts with what is still absent, before any default. */
type EventParts = Omit<EventCandidate, 'eventId' | 'traceId' | 'timestamp'> & {
  readonly [Name in 'eventId' | 'traceId' | 'timestamp']: EventCandidate[Name] | undefined;
};

const readParts = (values: EventValues): EventParts | Refusal => {
  const findings: Findings = { refusal: undefined };
  const eventType = textAt(findings, values.eventType, 'event_type');
  if (eventType === undefined) findings.refusal ??= refuse('event_type', 'is required');
  const agentId = textAt(findings, values.agentId, 'agent_id');
  if (agentId === undefined) findings.refusal ??= refuse('agent_id', 'is required');
  const traceId = textAt(findings, values.traceId, 'trace_id');
  const eventId = textAt(findings, values.eventId, 'event_id');
  const timestamp = timestampAt(findings, values.timestamp);
  const serviceName = textAt(findings, values.serviceName, 'service_name');
  const callId = textAt(findings, values.callId, 'call_id');
  const parentCallId = textAt(findings, values.parentCallId, 'parent_call_id');
  const data = fieldsAt(findings, values.data, 'data') ?? emptyFields();
  const metadata = fieldsAt(findings, values.metadata, 'metadata') ?? emptyFields();
  const outcome = resultAt(findings, values.result);
  if (findings.refusal !== undefined) return findings.refusal;
  return {
    eventType: eventType ?? '',
    agentId: agentId ?? '',
    traceId,
    eventId,
    timestamp,
    serviceName,
    callId,
    parentCallId,
    data: merged(data, outcome?.data),
    metadata,
    result: outcome?.result,
  };
};

const resultValues = (value: unknown): EventValues['result'] => {
  if (value === undefined || value === null) return undefined;
  if (!isPlainObject(value)) return 'not an object';
  return {
    success: member(value, 'success'),
    error: member(value, 'error'),
    errorType: member(value, 'error_type'),
    stack: member(value, 'stack'),
    durationMs: member(value, 'duration_ms'),
    data: member(value, 'data'),
  };
};

const eventValues = (value: Source): EventValues => ({
  eventType: member(value, 'event_type'),
  agentId: member(value, 'agent_id'),
  traceId: member(value, 'trace_id'),
  eventId: member(value, 'event_id'),
  timestamp: member(value, 'timestamp'),
  serviceName: member(value, 'service_name'),
  callId: member(value, 'call_id'),
  parentCallId: member(value, 'parent_call_id'),
  data: member(value, 'data'),
  metadata: member(value, 'metadata'),
  result: resultValues(member(value, 'result')),
});

const withDefaults = (parts: EventParts | Refusal, defaults: EventDefaults): EventReading => {
  if ('reason' in parts) return parts;
  return checkEvent({
    ...parts,
    eventId: parts.eventId ?? defaults.newId(),
    traceId: parts.traceId ?? defaults.newTraceId(),
    timestamp: parts.timestamp ?? defaults.now(),
  });
};

/** Reading runs foreign code where a value is a proxy or has getters; what that throws is no bug of ours. */
const safely = (read: () => EventParts | Refusal): EventParts | Refusal => {
  try {
    return read();
  } catch {
    return refuse(null, 'could not be read: one of its properties throws');
  }
};

/** {@link readEvent} for an event whose fields stand already under the names of this language. */
export const readEventValues = (values: EventValues, defaults: EventDefaults): EventReading =>
  withDefaults(
    safely(() => readParts(values)),
    defaults,
  );

/**
 * Reads one event as parsed JSON has it, by section 1 of the contract, with every default filled in. The event shares
 * nothing with `value`. Never throws, whatever `value` is; only `defaults` may.
 */
export const readEvent = (value: unknown, defaults: EventDefaults): EventReading =>
  withDefaults(
    safely(() => (isPlainObject(value) ? readParts(eventValues(value)) : refuse(null, 'must be an object'))),
    defaults,
  );
