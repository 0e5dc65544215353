import { decodeEvent } from '@kaizen-trace/codec';
import type { HookContext } from '@kaizen-trace/contracts';
import { isTick, type LogReader } from '@kaizen-trace/ports';
import { scanEverything } from '@kaizen-trace/testkit';

/** Events by trace, each trace in its order. */
export const byTrace = (events: Iterable<HookContext>): Map<string, HookContext[]> => {
  const traces = new Map<string, HookContext[]>();
  for (const event of events) traces.set(event.traceId, [...(traces.get(event.traceId) ?? []), event]);
  return traces;
};

/** All events of a log by trace, each trace in log order. @throws Error where a record is no event. */
export const loggedEvents = async (log: LogReader): Promise<Map<string, HookContext[]>> => {
  const records = await scanEverything(log);
  return byTrace(
    records
      .filter((record) => !isTick(record))
      .map(({ value }) => {
        const decoding = decodeEvent(value!);
        if (decoding.type !== 'decoded') throw new Error(decoding.type);
        return decoding.event;
      }),
  );
};
