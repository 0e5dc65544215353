import { decodeEvent } from '@kaizen-trace/codec';
import type { HookContext } from '@kaizen-trace/contracts';
import { isTick, type LogReader } from '@kaizen-trace/ports';

/** Events by trace, each trace in its order. */
export const byTrace = (events: Iterable<HookContext>): Map<string, HookContext[]> => {
  const traces = new Map<string, HookContext[]>();
  for (const event of events) traces.set(event.traceId, [...(traces.get(event.traceId) ?? []), event]);
  return traces;
};

/** All events of a log by trace, each trace in log order. @throws Error where a record is no event. */
export const loggedEvents = async (log: LogReader): Promise<Map<string, HookContext[]>> => {
  const events: HookContext[] = [];
  for (let partition = 0; partition < (await log.partitionCount()); partition++) {
    const { start, end } = await log.bounds(partition);
    for await (const { records } of log.scan({ partition, from: start, to: end })) {
      for (const record of records) {
        if (isTick(record)) continue;
        const decoding = decodeEvent(record.value!);
        if (decoding.type !== 'decoded') throw new Error(decoding.type);
        events.push(decoding.event);
      }
    }
  }
  return byTrace(events);
};
