import { randomUUID } from 'node:crypto';
import type { EventReading } from '@kaizen-trace/contracts';
import { micros, readEvent, refuse } from '@kaizen-trace/contracts';
import { nowSeconds } from '../clock.js';
import type { HookContextInit } from '../hooks/hook-context.js';
import { HookContext } from '../hooks/hook-context.js';
import type { HookResultInit } from '../hooks/hook-result.js';
import { eventLine } from '../publishing/event-line.js';

const defaults = {
  now: () => micros(BigInt(Math.round(nowSeconds() * 1_000_000))),
  newId: () => randomUUID(),
  newTraceId: () => randomUUID(),
};

const resultOf = (result: HookResultInit): object => ({
  success: result.success,
  error: result.error,
  error_type: result.errorType,
  stack: result.stack,
  duration_ms: result.durationMs,
  data: result.data,
});

/** The field names of the contract as an agent knows them. */
const ownNames: Readonly<Record<string, string>> = {
  event_type: 'eventType',
  agent_id: 'agentId',
  trace_id: 'traceId',
  event_id: 'eventId',
  call_id: 'callId',
  parent_call_id: 'parentCallId',
  service_name: 'serviceName',
  'result.error_type': 'result.errorType',
  'result.duration_ms': 'result.durationMs',
};

const withOwnName = (reading: EventReading): EventReading => {
  if (reading.type === 'accepted' || reading.field === null) return reading;
  return { ...reading, field: ownNames[reading.field] ?? reading.field };
};

/** Whether values stand where JSON has none, such as a Date or NaN: those that publishing would turn into JSON. */
const mayBecomeJson = (field: string | null): boolean =>
  field !== null && /^(data|metadata|result\.(data|duration_ms))(\.|$)/.test(field);

/**
 * One event by the rules of the contract, as the direct way takes it: a deep copy with every default. What is read is what
 * publishing the event and reading it from the log would give: values that JSON cannot take become what they become there.
 * Never throws.
 */
export const readInit = (init: HookContextInit): EventReading => {
  try {
    const { timestamp, result } = init;
    const reading = readEvent(
      {
        event_type: init.eventType,
        agent_id: init.agentId,
        trace_id: init.traceId,
        timestamp: timestamp instanceof Date ? timestamp.getTime() / 1000 : timestamp,
        data: init.data,
        metadata: init.metadata,
        event_id: init.eventId,
        service_name: init.serviceName,
        call_id: init.callId,
        parent_call_id: init.parentCallId,
        result: typeof result === 'object' ? resultOf(result) : result,
      },
      defaults,
    );
    if (reading.type === 'accepted' || !mayBecomeJson(reading.field)) return withOwnName(reading);
    return withOwnName(readEvent(JSON.parse(eventLine(HookContext.from(init))), defaults));
  } catch {
    return refuse(null, 'cannot be read: one of its fields throws');
  }
};
