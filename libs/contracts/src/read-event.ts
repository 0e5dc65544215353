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

/** The object's own member; null means absent. */
const member = (source: Source, name: string): unknown =>
  Object.hasOwn(source, name) ? (source[name] ?? undefined) : undefined;

const textAt = (findings: Findings, value: unknown, field: string): string | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value.toWellFormed();
  findings.refusal ??= refuse(field, 'must be a string');
  return undefined;
};

const numberAt = (findings: Findings, value: unknown, field: string): number | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
  findings.refusal ??= refuse(field, 'must be a finite number');
  return undefined;
};

const fieldsAt = (findings: Findings, value: unknown, field: string): Fields | undefined => {
  if (value === undefined) return undefined;
  const reading = readFields(value, field);
  if (reading.type === 'read') return reading.fields;
  findings.refusal ??= reading;
  return undefined;
};

const timestampAt = (findings: Findings, value: unknown): Micros | undefined => {
  if (value === undefined) return undefined;
  const reading = readTimestamp(value);
  if (reading.type === 'read') return reading.timestamp;
  findings.refusal ??= refuse('timestamp', reading.reason);
  return undefined;
};

interface ResultParts {
  readonly result: HookResult;
  readonly data: Fields | undefined;
}

const resultAt = (findings: Findings, value: unknown): ResultParts | undefined => {
  if (value === undefined) return undefined;
  if (!isPlainObject(value)) {
    findings.refusal ??= refuse('result', 'must be an object');
    return undefined;
  }
  const success = member(value, 'success');
  if (typeof success !== 'boolean') {
    findings.refusal ??= refuse(
      'result.success',
      success === undefined ? 'is required' : 'must be a boolean',
    );
    return undefined;
  }
  const error = textAt(findings, member(value, 'error'), 'result.error');
  const errorType = textAt(findings, member(value, 'error_type'), 'result.error_type');
  const stack = textAt(findings, member(value, 'stack'), 'result.stack');
  const durationMs = numberAt(findings, member(value, 'duration_ms'), 'result.duration_ms');
  const data = fieldsAt(findings, member(value, 'data'), 'result.data');
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

const readParts = (value: unknown): EventParts | Refusal => {
  if (!isPlainObject(value)) return refuse(null, 'must be an object');
  const findings: Findings = { refusal: undefined };
  const text = (name: string): string | undefined => textAt(findings, member(value, name), name);
  const eventType = text('event_type');
  if (eventType === undefined) findings.refusal ??= refuse('event_type', 'is required');
  const agentId = text('agent_id');
  if (agentId === undefined) findings.refusal ??= refuse('agent_id', 'is required');
  const traceId = text('trace_id');
  const eventId = text('event_id');
  const timestamp = timestampAt(findings, member(value, 'timestamp'));
  const serviceName = text('service_name');
  const callId = text('call_id');
  const parentCallId = text('parent_call_id');
  const data = fieldsAt(findings, member(value, 'data'), 'data') ?? emptyFields();
  const metadata = fieldsAt(findings, member(value, 'metadata'), 'metadata') ?? emptyFields();
  const outcome = resultAt(findings, member(value, 'result'));
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

/** Reading runs foreign code where a value is a proxy or has getters; what that throws is no bug of ours. */
const readPartsSafely = (value: unknown): EventParts | Refusal => {
  try {
    return readParts(value);
  } catch {
    return refuse(null, 'could not be read: one of its properties throws');
  }
};

/**
 * Reads one event as parsed JSON has it, by section 1 of the contract, with every default filled in. The event shares
 * nothing with `value`. Never throws, whatever `value` is; only `defaults` may.
 */
export const readEvent = (value: unknown, defaults: EventDefaults): EventReading => {
  const parts = readPartsSafely(value);
  if ('reason' in parts) return parts;
  return checkEvent({
    ...parts,
    eventId: parts.eventId ?? defaults.newId(),
    traceId: parts.traceId ?? defaults.newTraceId(),
    timestamp: parts.timestamp ?? defaults.now(),
  });
};
