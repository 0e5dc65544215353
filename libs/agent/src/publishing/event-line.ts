import type { HookContext } from '../hooks/hook-context.js';
import type { HookResultInit } from '../hooks/hook-result.js';
import { carefulJson } from './careful-json.js';

/** A character that JSON must escape, or that has no UTF-8 form: whatever is none of these. */
const escaped = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** Beyond this `JSON.stringify` is the faster one. */
const longestPlain = 128;

const textJson = (text: string): string =>
  text.length > longestPlain || escaped.test(text) ? JSON.stringify(text) : `"${text}"`;

/** JSON of any value; undefined where JSON leaves it out. */
const anyJson = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value);
  } catch {
    return carefulJson(value);
  }
};

const member = (name: string, value: unknown): string => {
  if (value === undefined || value === null) return '';
  const json = typeof value === 'string' ? textJson(value) : anyJson(value);
  return json === undefined ? '' : `,"${name}":${json}`;
};

/** A time that is none is told as such, so that the event is refused for it and not given another. */
const timeJson = (timestamp: unknown): string => {
  if (typeof timestamp === 'number') return Number.isFinite(timestamp) ? String(timestamp) : `"${timestamp}"`;
  if (timestamp instanceof Date) return timeJson(timestamp.getTime() / 1000);
  return anyJson(timestamp) ?? 'null';
};

const resultJson = ({ success, error, errorType, stack, durationMs, data }: HookResultInit): string =>
  `,"result":{"success":${anyJson(success) ?? 'null'}${member('error', error)}${member('error_type', errorType)}` +
  `${member('stack', stack)}${member('duration_ms', durationMs)}${member('data', data)}}`;

/**
 * The event as one line of JSON with the contract's names, without a line break. It is a copy: what the agent does with
 * its `data` later does not show. Values that JSON cannot take are left out or named, see {@link carefulJson}.
 *
 * @throws whatever a getter of the event itself throws; those of its `data` cannot.
 */
export const eventLine = (event: HookContext): string => {
  const { eventId, traceId, eventType, agentId, timestamp, data, metadata } = event;
  const { callId, parentCallId, serviceName, result } = event;
  let line =
    `{"event_id":${textJson(eventId)},"trace_id":${textJson(traceId)},"event_type":${textJson(eventType)}` +
    `,"agent_id":${textJson(agentId)},"timestamp":${timeJson(timestamp)}` +
    `${member('data', data)}${member('metadata', metadata)}`;
  if (callId !== undefined) line += member('call_id', callId);
  if (parentCallId !== undefined) line += member('parent_call_id', parentCallId);
  if (serviceName !== undefined) line += member('service_name', serviceName);
  if (result !== undefined) line += resultJson(result);
  return `${line}}`;
};
