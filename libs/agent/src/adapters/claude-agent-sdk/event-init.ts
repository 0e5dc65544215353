import type { EventJson } from '@kaizen-trace/contracts';
import type { HookContextInit } from '../../hooks/hook-context.js';
import type { HookResultInit } from '../../hooks/hook-result.js';
import { firstText, numberOf, present, recordOf, textOf } from '../framework/fields.js';

const resultOf = (value: unknown): HookResultInit | undefined => {
  if (value === undefined) return undefined;
  const { success, error, error_type, duration_ms } = recordOf(value);
  return {
    success: success === true,
    ...present({ error: textOf(error), errorType: textOf(error_type), durationMs: numberOf(duration_ms) }),
  };
};

/** An event as the contract writes it, in the words of the SDK. */
export const initOf = (event: EventJson): HookContextInit => ({
  eventType: firstText(event.event_type) ?? '',
  agentId: firstText(event.agent_id) ?? '',
  traceId: textOf(event.trace_id),
  timestamp: numberOf(event.timestamp),
  eventId: textOf(event.event_id),
  callId: textOf(event.call_id),
  parentCallId: textOf(event.parent_call_id),
  serviceName: textOf(event.service_name),
  data: recordOf(event.data),
  metadata: recordOf(event.metadata),
  result: resultOf(event.result),
});
