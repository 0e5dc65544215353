import {
  asError,
  partitionOf,
  tickHeader,
  type AppendOutcome,
  type EventLog,
  type NewRecord,
} from '@kaizen-trace/ports';
import type { IdempotentProducer } from './idempotent-producer.js';
import { openReader } from './log-reader.js';
import type { KafkaLogSettings } from './options.js';
import { patiently } from './partition-reader.js';

const sizeOf = ({ key, value, headers = [] }: NewRecord): number =>
  headers.reduce(
    (sum, [name, content]) => sum + Buffer.byteLength(name) + content.length,
    key.length + value.length,
  );

/** The hook events: appended by key, read by range. */
export const openEventLog = (
  settings: KafkaLogSettings,
  producer: IdempotentProducer,
  closed: AbortSignal,
): EventLog => {
  const topic = settings.topics.events;
  let partitions: Promise<number> | undefined;
  const partitionCount = (): Promise<number> => {
    partitions ??= patiently(
      settings.link,
      (link) => link.partitionCount(topic),
      settings.deliveryTimeoutMs / 2,
    );
    partitions.catch(() => (partitions = undefined));
    return partitions;
  };

  const append = async (records: readonly NewRecord[]): Promise<AppendOutcome> => {
    const index = records.findIndex((record) => sizeOf(record) > settings.maxRecordBytes);
    if (index >= 0) {
      const reason = `${sizeOf(records[index]!)} bytes, the limit is ${settings.maxRecordBytes}`;
      return { type: 'refused', index, reason };
    }
    if (records.length === 0) return { type: 'appended' };
    if (closed.aborted) return { type: 'unavailable', cause: new Error('the log is closed') };
    try {
      const count = await partitionCount();
      const sent = await producer.send(
        records.map((record) => ({ topic, partition: partitionOf(record.key, count), record })),
      );
      return sent.type === 'sent' ? { type: 'appended' } : { type: 'unavailable', cause: sent.cause };
    } catch (error) {
      return { type: 'unavailable', cause: asError(error) };
    }
  };

  return { ...openReader(settings, topic, closed), append };
};

const empty = Buffer.alloc(0);

/** Appends a tick to one partition of the input. @throws Error where it could not be appended. */
export const appendTick = async (
  settings: KafkaLogSettings,
  producer: IdempotentProducer,
  partition: number,
): Promise<void> => {
  const record = { key: null, value: empty, headers: [[tickHeader, empty]] as const };
  const sent = await producer.send([{ topic: settings.topics.events, partition, record }]);
  if (sent.type === 'failed') throw sent.cause;
};
