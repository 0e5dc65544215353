import type { Millis } from '@kaizen-trace/contracts';
import type { LogBounds, LogReader, Offset, RecordBatch, ScanRange } from '@kaizen-trace/ports';
import type { KafkaLogSettings } from './options.js';
import { readAllBounds, readAppendTimes } from './look-over.js';
import { patiently, readBounds, readOffsetAt, readRange } from './partition-reader.js';

const never = new AbortController().signal;

/** Bounded reading of one topic, without a group: nothing of it is left on the broker. */
export const openReader = (settings: KafkaLogSettings, topic: string, closed: AbortSignal): LogReader => ({
  partitionCount: () => patiently(settings.link, (link) => link.partitionCount(topic)),
  bounds: (partition: number): Promise<LogBounds> => readBounds(settings.link, topic, partition),
  allBounds: () => readAllBounds(settings.link, topic),
  appendTimes: (places) => readAppendTimes(settings.link, topic, places),
  offsetAt: (partition: number, time: Millis): Promise<Offset> =>
    readOffsetAt(settings.link, { topic, partition }, time),
  scan: (range: ScanRange, signal: AbortSignal = never): AsyncIterable<RecordBatch> =>
    readRange({
      ...range,
      topic,
      link: settings.link,
      maxBytes: settings.fetchBytes,
      maxWaitMs: settings.maxWaitMs,
      signal: AbortSignal.any([signal, closed]),
    }),
});
