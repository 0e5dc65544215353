import type { RecordHeaders } from '@kaizen-trace/ports';
import { ByteWriter, varBytesSize, varintSize } from './bytes.js';
import { crc32c } from './crc32c.js';

// RecordBatch (magic 2) =>
//   baseOffset int64, batchLength int32, partitionLeaderEpoch int32, magic int8, crc uint32 over what follows,
//   attributes int16, lastOffsetDelta int32, baseTimestamp int64, maxTimestamp int64,
//   producerId int64, producerEpoch int16, baseSequence int32, count int32, [record]
// record => length varint, attributes int8, timestampDelta varlong, offsetDelta varint,
//   key varbytes, value varbytes, headers varint [name varbytes, value varbytes]

/** Bytes of a batch before its first record. */
export const batchOverhead = 61;
const crcAt = 17;
const attributesAt = 21;
const transactionalFlag = 0x10;

/** A record on its way to a topic; a null value is a tombstone. */
export interface OutgoingRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: RecordHeaders;
}

/** Who sends a batch, so that the broker knows a repeat. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
}

const headersSize = (headers: RecordHeaders): number =>
  headers.reduce(
    (size, [name, value]) =>
      size + varintSize(Buffer.byteLength(name)) + Buffer.byteLength(name) + varBytesSize(value),
    varintSize(headers.length),
  );

const bodySize = (record: OutgoingRecord, offsetDelta: number): number =>
  2 +
  varintSize(offsetDelta) +
  varBytesSize(record.key) +
  varBytesSize(record.value) +
  headersSize(record.headers ?? []);

/** Most bytes that a record takes in a batch, wherever in it it stands. */
export const recordSize = (record: OutgoingRecord): number => {
  const body = bodySize(record, 0x7fff_ffff >> 1);
  return varintSize(body) + body;
};

const writeRecord = (writer: ByteWriter, record: OutgoingRecord, offsetDelta: number): void => {
  const headers = record.headers ?? [];
  writer.varint(bodySize(record, offsetDelta)).int8(0).varint(0).varint(offsetDelta);
  writer.varBytes(record.key).varBytes(record.value).varint(headers.length);
  for (const [name, value] of headers) writer.varBytes(Buffer.from(name)).varBytes(value);
};

/** One uncompressed batch. Its timestamps are of no matter where the topic has LogAppendTime. */
export const encodeBatch = (records: readonly OutgoingRecord[], producer: BatchProducer): Buffer => {
  const size = records.reduce((sum, record) => sum + recordSize(record), batchOverhead);
  const now = BigInt(Date.now());
  const writer = new ByteWriter(size);
  writer.int64(0n).int32(0).int32(-1).int8(2).int32(0);
  writer.int16(producer.transactional ? transactionalFlag : 0).int32(records.length - 1);
  writer.int64(now).int64(now);
  writer.int64(producer.producerId).int16(producer.producerEpoch).int32(producer.baseSequence);
  writer.int32(records.length);
  records.forEach((record, index) => writeRecord(writer, record, index));
  const batch = writer.written();
  writer.patch(8, batch.length - 12).patch(crcAt, crc32c(batch.subarray(attributesAt)));
  return batch;
};

/** Cuts records, in order, into runs that each fit a batch of `maxBytes`; a record over it stands alone. */
export const intoBatches = <R extends OutgoingRecord>(
  records: readonly R[],
  maxBytes: number,
): readonly (readonly R[])[] => {
  const batches: R[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const more = recordSize(record);
    if (size + more > maxBytes) {
      batches.push([]);
      size = batchOverhead;
    }
    batches.at(-1)!.push(record);
    size += more;
  }
  return batches;
};
