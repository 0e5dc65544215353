import type { Told } from './frameworks.js';

/** One event as the contract writes it, the same in every run. */
export type SettledEvent = Readonly<Record<string, unknown>>;

const base = Date.UTC(2026, 0, 1);

/** Names each id by the order in which it was first seen. */
const namer = (nameOf: (index: number) => string): ((id: unknown) => string | undefined) => {
  const names = new Map<unknown, string>();
  return (id) => {
    if (typeof id !== 'string') return undefined;
    const name = names.get(id) ?? nameOf(names.size + 1);
    names.set(id, name);
    return name;
  };
};

/** What differs from run to run within the data. */
const settledData = (data: unknown): Record<string, unknown> => {
  const fields = { ...(data as Record<string, unknown>) };
  if ('gen_ai.response.time_to_first_chunk' in fields) fields['gen_ai.response.time_to_first_chunk'] = 0.25;
  return fields;
};

const settledResult = (result: unknown): Record<string, unknown> | undefined => {
  if (result === undefined) return undefined;
  const { errorType, stack, ...rest } = result as Record<string, unknown>;
  return {
    ...rest,
    ...(errorType === undefined ? {} : { error_type: errorType }),
    ...(stack === undefined ? {} : { stack: 'at recording' }),
  };
};

/**
 * What an adapter told as events of the contract, with times and ids that are the same in every run: the n-th event
 * happens n milliseconds after the first.
 */
export const settled = (told: readonly Told[]): readonly SettledEvent[] => {
  const traceOf = namer((index) => index.toString(16).padStart(32, '0'));
  const callOf = namer((index) => `call-${index}`);
  return told.map(
    (event, index) =>
      // Leaves out what is undefined.
      JSON.parse(
        JSON.stringify({
          event_type: event.eventType,
          agent_id: event.agentId,
          trace_id: traceOf(event.traceId),
          event_id: `event-${index + 1}`,
          timestamp: new Date(base + index).toISOString(),
          call_id: callOf(event.callId),
          parent_call_id: callOf(event.parentCallId),
          data: settledData(event.data),
          metadata: event.metadata,
          result: settledResult(event.result),
        }),
      ) as SettledEvent,
  );
};
