import type { Fields, HookContext, HookResult } from './hook-context.js';
import { refuse } from './refusal.js';
import type { Refusal } from './refusal.js';
import type { Micros } from './time.js';
import { endOfTime, endOfTimeSeconds } from './timestamp.js';

/** The most bytes that one encoded event may have, its header included. */
export const maxEventBytes = 512 * 1024;

/** The longest id of an event, in UTF-16 units. */
export const maxEventIdLength = 128;

/** The longest agent id, trace id, service name and call id, in UTF-16 units. */
export const maxNameLength = 256;

/** An event whose fields are all of the right type, and of which nothing else is known yet. Absent is undefined. */
export interface EventCandidate {
  readonly eventId: string;
  readonly traceId: string;
  readonly eventType: string;
  readonly agentId: string;
  readonly timestamp: Micros;
  readonly serviceName: string | undefined;
  readonly callId: string | undefined;
  readonly parentCallId: string | undefined;
  readonly data: Fields;
  readonly metadata: Fields;
  readonly result: HookResult | undefined;
}

/** What became of a value that may be an event. */
export type EventReading = { readonly type: 'accepted'; readonly event: HookContext } | Refusal;

const eventTypePattern = /^[a-z][a-z0-9_.-]{0,127}$/;

const fits = (text: string, longest: number): boolean => text.length >= 1 && text.length <= longest;

const eventTypeRefusal = (eventType: string): Refusal | undefined => {
  if (!eventTypePattern.test(eventType))
    return refuse(
      'event_type',
      'must begin with a letter and have up to 128 letters, digits, underscores, dots and hyphens',
    );
  if (eventType === 'pre_' || eventType === 'post_')
    return refuse('event_type', 'must name a kind after its prefix');
  return undefined;
};

const lengthRefusal = (field: string, text: string | undefined, longest: number): Refusal | undefined =>
  text === undefined || fits(text, longest)
    ? undefined
    : refuse(field, `must have 1 to ${longest} characters`);

const resultRefusal = (eventType: string, result: HookResult | undefined): Refusal | undefined => {
  if (result === undefined) return undefined;
  if (eventType.startsWith('pre_'))
    return refuse('result', 'is refused on a pre_ event: nothing has come out yet');
  if (!result.success && result.error === undefined)
    return refuse('result.error', 'is required where success is false');
  if (result.durationMs !== undefined && !Number.isFinite(result.durationMs))
    return refuse('result.duration_ms', 'is not a finite number');
  return undefined;
};

const timestampRefusal = (timestamp: Micros): Refusal | undefined =>
  timestamp >= 0n && timestamp < endOfTime
    ? undefined
    : refuse('timestamp', `must be from 0 to below ${endOfTimeSeconds} seconds since the epoch`);

/** The field itself, else what `metadata` has under its name where the field would take it. */
const orFromMetadata = (own: string | undefined, metadata: Fields, name: string): string | undefined => {
  if (own !== undefined) return own;
  const value = metadata[name];
  return typeof value === 'string' && fits(value, maxNameLength) ? value : undefined;
};

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

/**
 * The rules of the contract that do not depend on where an event comes from, JSON or the log: lower case, lengths,
 * ranges, what a result must have, and what is taken from `metadata`. Never throws.
 */
export const checkEvent = (candidate: EventCandidate): EventReading => {
  const { eventId, traceId, agentId, timestamp, data, metadata, result } = candidate;
  const eventType = candidate.eventType.toLowerCase();
  const refusal =
    eventTypeRefusal(eventType) ??
    lengthRefusal('agent_id', agentId, maxNameLength) ??
    lengthRefusal('trace_id', traceId, maxNameLength) ??
    lengthRefusal('event_id', eventId, maxEventIdLength) ??
    timestampRefusal(timestamp) ??
    lengthRefusal('service_name', candidate.serviceName, maxNameLength) ??
    lengthRefusal('call_id', candidate.callId, maxNameLength) ??
    lengthRefusal('parent_call_id', candidate.parentCallId, maxNameLength) ??
    resultRefusal(eventType, result);
  if (refusal !== undefined) return refusal;
  const event: Mutable<HookContext> = { eventId, traceId, eventType, agentId, timestamp, data, metadata };
  const serviceName = orFromMetadata(candidate.serviceName, metadata, 'service_name');
  const callId = orFromMetadata(candidate.callId, metadata, 'call_id');
  const parentCallId = orFromMetadata(candidate.parentCallId, metadata, 'parent_call_id');
  if (serviceName !== undefined) event.serviceName = serviceName;
  if (callId !== undefined) event.callId = callId;
  if (parentCallId !== undefined) event.parentCallId = parentCallId;
  if (result !== undefined) event.result = result;
  return { type: 'accepted', event };
};
