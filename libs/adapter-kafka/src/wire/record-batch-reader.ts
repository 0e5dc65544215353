import * as zlib from 'node:zlib';
import { millis } from '@kaizen-trace/contracts';
import { offset, type LogRecord, type RecordHeaders } from '@kaizen-trace/ports';
import { ByteReader } from './bytes.js';

const beforeLeaderEpoch = 12;
const codecMask = 0x07;
const logAppendTimeFlag = 0x08;
const transactionalFlag = 0x10;
const controlFlag = 0x20;
/** Another producer's compressed batch may unpack to this much at most. */
const maxUnpacked = 64 * 1024 * 1024;

/** A batch that this reader cannot take: going on would skip its records unseen. */
export class UnreadableBatchError extends Error {
  override readonly name = 'UnreadableBatchError';
  readonly code = 'KAIZEN_UNREADABLE_BATCH';
}

/** A transaction that was aborted: its records from `firstOffset` up to its marker are not to be seen. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

interface BatchHeader {
  readonly baseOffset: bigint;
  readonly lastOffset: bigint;
  readonly attributes: number;
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly producerId: bigint;
  readonly count: number;
  readonly records: Buffer;
}

/** What a fetch brought: visible records, and the offset that follows all that was read. */
export interface ReadRecords {
  readonly records: LogRecord[];
  readonly nextOffset: bigint;
}

const readHeader = (reader: ByteReader): BatchHeader | undefined => {
  if (reader.remaining < beforeLeaderEpoch) return undefined;
  const baseOffset = reader.int64();
  const length = reader.int32();
  // A fetch is cut at its limit of bytes: the last batch may come in part, and comes again.
  if (reader.remaining < length) return undefined;
  const batch = new ByteReader(reader.bytes(length));
  batch.int32();
  const magic = batch.int8();
  if (magic !== 2) {
    throw new UnreadableBatchError(
      `offset ${baseOffset}: message format ${magic}; rewrite the topic with magic 2`,
    );
  }
  batch.int32();
  const attributes = batch.int16();
  const lastOffset = baseOffset + BigInt(batch.int32());
  const baseTimestamp = batch.int64();
  const maxTimestamp = batch.int64();
  const producerId = batch.int64();
  batch.int16();
  batch.int32();
  const count = batch.int32();
  const records = batch.bytes(batch.remaining);
  return { baseOffset, lastOffset, attributes, baseTimestamp, maxTimestamp, producerId, count, records };
};

/** Node has it since 22.15; who only appends, on an older one, never reads a batch. */
const { zstdDecompressSync } = zlib as Partial<Pick<typeof zlib, 'zstdDecompressSync'>>;

const unpackZstd = ({ baseOffset, records }: BatchHeader): Buffer => {
  if (zstdDecompressSync !== undefined) return zstdDecompressSync(records, { maxOutputLength: maxUnpacked });
  throw new UnreadableBatchError(`offset ${baseOffset}: compressed with zstd; run Node 22.15 or newer`);
};

const unpack = (batch: BatchHeader): Buffer => {
  const codec = batch.attributes & codecMask;
  switch (codec) {
    case 0:
      return batch.records;
    case 1:
      return zlib.gunzipSync(batch.records, { maxOutputLength: maxUnpacked });
    case 4:
      return unpackZstd(batch);
    default:
      throw new UnreadableBatchError(
        `offset ${batch.baseOffset}: compressed with ${codec === 2 ? 'snappy' : 'lz4'}; ` +
          'let the producer use gzip, zstd or none',
      );
  }
};

const noHeaders: RecordHeaders = [];

const readHeaders = (reader: ByteReader): RecordHeaders => {
  const count = reader.varint();
  if (count <= 0) return noHeaders;
  const headers: [string, Uint8Array][] = [];
  for (let index = 0; index < count; index += 1) {
    const name = reader.varBytes()?.toString('utf8') ?? '';
    headers.push([name, reader.varBytes() ?? Buffer.alloc(0)]);
  }
  return headers;
};

const readRecords = (batch: BatchHeader, from: bigint, into: LogRecord[]): void => {
  const reader = new ByteReader(unpack(batch));
  const stampedByLog = (batch.attributes & logAppendTimeFlag) !== 0;
  const logTime = millis(Number(batch.maxTimestamp));
  for (let index = 0; index < batch.count; index += 1) {
    const end = reader.varint() + reader.position;
    reader.int8();
    const delta = reader.varlong();
    const at = batch.baseOffset + BigInt(reader.varint());
    const key = reader.varBytes();
    const value = reader.varBytes();
    const headers = readHeaders(reader);
    if (reader.position !== end) {
      throw new UnreadableBatchError(
        `offset ${at}: the record's length is wrong; the log segment is damaged`,
      );
    }
    // A batch is fetched whole: what lies before the position was asked for, not wanted.
    if (at < from) continue;
    const appendTime = stampedByLog ? logTime : millis(Number(batch.baseTimestamp + delta));
    into.push({ offset: offset(at), appendTime, key, value, headers });
  }
};

const isAbortMarker = (batch: BatchHeader): boolean => {
  // A control record's key: version int16, type int16; 0 is abort, 1 commit.
  const reader = new ByteReader(batch.records);
  reader.varint();
  reader.int8();
  reader.varlong();
  reader.varint();
  const key = reader.varBytes();
  return key !== null && key.readInt16BE(2) === 0;
};

/**
 * Reads the batches of a fetch answer for a reader of committed records: no control records, nothing of aborted
 * transactions, nothing below `from`. Keys and values are views of the answer: copy what is to be kept for long.
 *
 * @throws UnreadableBatchError for a compression or format that it does not know.
 */
export const readBatches = (
  bytes: Buffer,
  from: bigint,
  aborted: readonly AbortedTransaction[],
): ReadRecords => {
  const waiting = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const active = new Set<bigint>();
  const reader = new ByteReader(bytes);
  const records: LogRecord[] = [];
  let nextOffset = from;
  for (let batch = readHeader(reader); batch !== undefined; batch = readHeader(reader)) {
    while (waiting.length > 0 && waiting[0]!.firstOffset <= batch.lastOffset) {
      active.add(waiting.shift()!.producerId);
    }
    if ((batch.attributes & controlFlag) !== 0) {
      if (isAbortMarker(batch)) active.delete(batch.producerId);
    } else if ((batch.attributes & transactionalFlag) === 0 || !active.has(batch.producerId)) {
      readRecords(batch, from, records);
    }
    if (batch.lastOffset >= nextOffset) nextOffset = batch.lastOffset + 1n;
  }
  return { records, nextOffset };
};
