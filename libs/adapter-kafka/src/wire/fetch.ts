import { ByteReader, ByteWriter } from './bytes.js';
import { BrokerError } from './errors.js';
import type { WireBroker, WireRequest } from './kafkajs.js';
import { readBatches, type AbortedTransaction, type ReadRecords } from './record-batch-reader.js';

// Fetch v11 request => replicaId int32, maxWait int32, minBytes int32, maxBytes int32, isolation int8, session int32,
//   sessionEpoch int32, [topic string, [partition int32, leaderEpoch int32, offset int64, logStart int64, max int32]],
//   forgotten [], rack string
// response => throttle int32, error int16, session int32, [topic string, [partition int32, error int16,
//   highWatermark int64, lastStableOffset int64, logStart int64, aborted [producerId int64, firstOffset int64],
//   preferredReplica int32, records bytes]]

/** One partition to read from, committed records only. */
export interface FetchRequest {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly maxBytes: number;
  /** How long the broker may hold the request while there is nothing to give. */
  readonly maxWaitMs: number;
}

interface Decoded extends ReadRecords {
  readonly error: number;
  readonly clientSideThrottleTime: number;
}

const encode = (request: FetchRequest): Buffer => {
  const topic = Buffer.from(request.topic);
  const writer = new ByteWriter(80 + topic.length);
  writer.int32(-1).int32(request.maxWaitMs).int32(1).int32(request.maxBytes).int8(1).int32(0).int32(-1);
  writer.int32(1).string(request.topic).int32(1);
  writer.int32(request.partition).int32(-1).int64(request.from).int64(-1n).int32(request.maxBytes);
  writer.int32(0).string('');
  return writer.written();
};

const readAborted = (reader: ByteReader): readonly AbortedTransaction[] =>
  Array.from({ length: Math.max(0, reader.int32()) }, () => ({
    producerId: reader.int64(),
    firstOffset: reader.int64(),
  }));

const decode = (raw: Buffer, from: bigint): Decoded => {
  const reader = new ByteReader(raw);
  const clientSideThrottleTime = reader.int32();
  const sessionError = reader.int16();
  reader.int32();
  const nothing = { records: [], nextOffset: from, clientSideThrottleTime };
  if (sessionError !== 0 || reader.int32() === 0) return { ...nothing, error: sessionError };
  reader.string();
  reader.int32();
  reader.int32();
  const error = reader.int16();
  reader.int64();
  reader.int64();
  reader.int64();
  const aborted = readAborted(reader);
  reader.int32();
  if (error !== 0) return { ...nothing, error };
  const records = reader.bytes(Math.max(0, reader.int32()));
  return { ...readBatches(records, from, aborted), error, clientSideThrottleTime };
};

/** Fetches once. @throws BrokerError with Kafka's error code, or what the connection throws. */
export const fetchRecords = async (broker: WireBroker, request: FetchRequest): Promise<ReadRecords> => {
  const wire: WireRequest<Decoded> = {
    request: {
      apiKey: 1,
      apiVersion: 11,
      apiName: 'Fetch',
      encode: () => {
        const buffer = encode(request);
        return Promise.resolve({ buf: buffer, buffer });
      },
    },
    response: {
      decode: (raw) => Promise.resolve(decode(raw, request.from)),
      parse: (decoded) => Promise.resolve(decoded),
    },
    requestTimeout: request.maxWaitMs + 10_000,
  };
  const { error, records, nextOffset } = await broker.connectionPool.send(wire);
  if (error !== 0) throw new BrokerError(`Fetch of ${request.topic}[${request.partition}]`, error);
  return { records, nextOffset };
};
