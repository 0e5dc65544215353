import type { HookContext, HookResult, JsonValue } from './hook-context.js';
import { timestampToJson } from './timestamp.js';

/** An event as one JSON object with the names of the contract; `JSON.stringify` makes a line of NDJSON of it. */
export type EventJson = Readonly<Record<string, JsonValue>>;

const resultToJson = (result: HookResult): EventJson => ({
  success: result.success,
  ...(result.error === undefined ? {} : { error: result.error }),
  ...(result.errorType === undefined ? {} : { error_type: result.errorType }),
  ...(result.stack === undefined ? {} : { stack: result.stack }),
  ...(result.durationMs === undefined ? {} : { duration_ms: result.durationMs }),
});

/**
 * The JSON form of a valid event: reading it gives an equal event. The timestamp is a number of seconds where that
 * names the same microsecond, else a date-time. Shares `data` and `metadata` with `event`.
 */
export const toJson = (event: HookContext): EventJson => ({
  event_id: event.eventId,
  trace_id: event.traceId,
  event_type: event.eventType,
  agent_id: event.agentId,
  timestamp: timestampToJson(event.timestamp),
  ...(event.serviceName === undefined ? {} : { service_name: event.serviceName }),
  ...(event.callId === undefined ? {} : { call_id: event.callId }),
  ...(event.parentCallId === undefined ? {} : { parent_call_id: event.parentCallId }),
  data: event.data,
  metadata: event.metadata,
  ...(event.result === undefined ? {} : { result: resultToJson(event.result) }),
});
