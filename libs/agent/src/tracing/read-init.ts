import type { EventReading, EventValues, Fields, JsonValue } from '@kaizen-trace/contracts';
import { maxEventBytes, micros, readEvent, readEventValues, refuse } from '@kaizen-trace/contracts';
import { nowSeconds } from '../clock.js';
import { newId } from '../new-id.js';
import type { HookContextInit } from '../hooks/hook-context.js';
import { HookContext } from '../hooks/hook-context.js';
import type { HookResultInit } from '../hooks/hook-result.js';
import { eventLine } from '../publishing/event-line.js';

const defaults = {
  now: () => micros(BigInt(Math.round(nowSeconds() * 1_000_000))),
  newId,
  newTraceId: () => crypto.randomUUID(),
};

const resultOf = (result: HookResultInit | undefined): EventValues['result'] => {
  if (result === undefined) return undefined;
  if (typeof result !== 'object') return 'not an object';
  const { success, error, errorType, stack, durationMs, data } = result;
  return { success, error, errorType, stack, durationMs, data };
};

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

/** What the texts take at least, encoded: a byte for each UTF-16 unit. Numbers and the like are small beside them. */
const textUnits = (value: JsonValue): number => {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let units = 0;
  if (Array.isArray(value)) for (const item of value as readonly JsonValue[]) units += textUnits(item);
  else for (const key of Object.keys(value)) units += key.length + textUnits((value as Fields)[key]!);
  return units;
};

/** No event is kept that no log would take: an open operation is remembered for days. */
const ofTakenSize = (reading: EventReading): EventReading => {
  if (reading.type === 'refused') return reading;
  const { data, metadata, result } = reading.event;
  const units =
    textUnits(data) + textUnits(metadata) + (result?.error?.length ?? 0) + (result?.stack?.length ?? 0);
  return units <= maxEventBytes
    ? reading
    : refuse(null, `is too large: at most ${maxEventBytes} bytes are taken`);
};

/**
 * One event by the rules of the contract, as the direct way takes it: a deep copy with every default. What is read is what
 * publishing the event and reading it from the log would give: values that JSON cannot take become what they become there.
 * Never throws.
 */
export const readInit = (init: HookContextInit): EventReading => {
  try {
    const { timestamp } = init;
    const reading = readEventValues(
      {
        eventType: init.eventType,
        agentId: init.agentId,
        traceId: init.traceId,
        timestamp: timestamp instanceof Date ? timestamp.getTime() / 1000 : timestamp,
        data: init.data,
        metadata: init.metadata,
        eventId: init.eventId,
        serviceName: init.serviceName,
        callId: init.callId,
        parentCallId: init.parentCallId,
        result: resultOf(init.result ?? undefined),
      },
      defaults,
    );
    const isRead = reading.type === 'accepted' || !mayBecomeJson(reading.field);
    return ofTakenSize(
      withOwnName(isRead ? reading : readEvent(JSON.parse(eventLine(HookContext.from(init))), defaults)),
    );
  } catch {
    return refuse(null, 'cannot be read: one of its fields throws');
  }
};
