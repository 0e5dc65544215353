import { groupBy } from '@kaizen-trace/ports';
import { ByteReader, ByteWriter } from './bytes.js';
import type { WireBroker, WireRequest } from './kafkajs.js';

// Produce v7 request => transactionalId string?, acks int16, timeout int32, [topic string, [partition int32, batch bytes]]
// response => [topic string, [partition int32, error int16, baseOffset int64, appendTime int64, logStart int64]],
//   throttle int32

/** One encoded record batch and where it goes. */
export interface BatchToSend {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

/** The broker's word on one batch; 0 is durable. */
export interface BatchResult {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  /** The offset of the batch's first record; undefined where the broker no longer knows it, as of a repeat. */
  readonly baseOffset: bigint | undefined;
}

const allReplicas = -1;

const encode = (
  batches: readonly BatchToSend[],
  transactionalId: string | null,
  timeoutMs: number,
): Buffer => {
  const byTopic = groupBy(batches, ({ topic }) => topic);
  const size = batches.reduce((sum, one) => sum + Buffer.byteLength(one.topic) + 14 + one.batch.length, 0);
  const writer = new ByteWriter(32 + Buffer.byteLength(transactionalId ?? '') + size);
  writer.string(transactionalId).int16(allReplicas).int32(timeoutMs).int32(byTopic.size);
  for (const [topic, ofTopic] of byTopic) {
    writer.string(topic).int32(ofTopic.length);
    for (const { partition, batch } of ofTopic) writer.int32(partition).int32(batch.length).raw(batch);
  }
  return writer.written();
};

interface Decoded {
  readonly results: readonly BatchResult[];
  readonly clientSideThrottleTime: number;
}

const decode = (raw: Buffer): Decoded => {
  const reader = new ByteReader(raw);
  const results: BatchResult[] = [];
  for (let topics = reader.int32(); topics > 0; topics -= 1) {
    const topic = reader.string();
    for (let partitions = reader.int32(); partitions > 0; partitions -= 1) {
      const partition = reader.int32();
      const error = reader.int16();
      const base = reader.int64();
      results.push({ topic, partition, error, baseOffset: base < 0n ? undefined : base });
      reader.int64();
      reader.int64();
    }
  }
  return { results, clientSideThrottleTime: reader.int32() };
};

/** Sends batches, at most one a partition, to the broker that leads them all; durable on all replicas or an error. */
export const produceBatches = async (
  broker: WireBroker,
  batches: readonly BatchToSend[],
  options: { readonly transactionalId: string | null; readonly timeoutMs: number },
): Promise<readonly BatchResult[]> => {
  const wire: WireRequest<Decoded> = {
    request: {
      apiKey: 0,
      apiVersion: 7,
      apiName: 'Produce',
      encode: () => {
        const buffer = encode(batches, options.transactionalId, options.timeoutMs);
        return Promise.resolve({ buf: buffer, buffer });
      },
    },
    response: {
      decode: (raw) => Promise.resolve(decode(raw)),
      parse: (decoded) => Promise.resolve(decoded),
    },
  };
  return (await broker.connectionPool.send(wire)).results;
};
