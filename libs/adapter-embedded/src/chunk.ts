import type { LogRecord, NewRecord, RecordHeaders } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import { millis } from '@kaizen-trace/contracts';

/**
 * A chunk holds consecutive records of one partition that were appended together; its key names the first one's offset.
 * Integers are big-endian; a length of −1 stands for null.
 *
 *   Chunk  = appendTime:f64 count:u32 Record{count}
 *   Record = size:u32 keyLength:i32 valueLength:i32 headers:u32 Header{headers} key value     (size: of what follows it)
 *   Header = nameLength:u32 valueLength:u32 name value                                        (name: UTF-8)
 */
export interface Chunk {
  readonly appendTime: number;
  readonly count: number;
  readonly bytes: Buffer;
}

/** A run of encoded records that waits for its offset and append time. */
export interface Piece {
  readonly count: number;
  readonly bytes: Buffer;
}

/** A record before it has an offset and an append time. */
export interface RecordParts {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: RecordHeaders;
}

/** Chunks are filled up to here, so that LMDB finds room for them in a fragmented file; a larger record stands alone. */
export const chunkBytes = 64 * 1024;
const chunkHead = 12;
const recordHead = 16;
const headerHead = 8;

/** Key, value and headers together: what the record limit counts. */
export const payloadBytes = ({ key, value, headers = [] }: RecordParts): number =>
  headers.reduce(
    (sum, [name, bytes]) => sum + Buffer.byteLength(name) + bytes.length,
    (key?.length ?? 0) + (value?.length ?? 0),
  );

const encodedBytes = (record: RecordParts): number =>
  recordHead + payloadBytes(record) + headerHead * (record.headers?.length ?? 0);

const writeRecord = (target: Buffer, at: number, record: RecordParts): number => {
  const { key, value, headers = [] } = record;
  target.writeInt32BE(key === null ? -1 : key.length, at + 4);
  target.writeInt32BE(value === null ? -1 : value.length, at + 8);
  target.writeUInt32BE(headers.length, at + 12);
  let end = at + recordHead;
  for (const [name, bytes] of headers) {
    const nameLength = target.write(name, end + headerHead);
    target.writeUInt32BE(nameLength, end);
    target.writeUInt32BE(bytes.length, end + 4);
    target.set(bytes, end + headerHead + nameLength);
    end += headerHead + nameLength + bytes.length;
  }
  if (key !== null) target.set(key, end);
  end += key?.length ?? 0;
  if (value !== null) target.set(value, end);
  end += value?.length ?? 0;
  target.writeUInt32BE(end - at - 4, at);
  return end;
};

const encodePiece = (records: readonly RecordParts[], size: number): Piece => {
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const record of records) at = writeRecord(bytes, at, record);
  return { count: records.length, bytes };
};

/** Encodes records in order, cut into pieces of at most {@link chunkBytes} where records allow it. */
export const encodePieces = (records: readonly (RecordParts | NewRecord)[]): readonly Piece[] => {
  const pieces: Piece[] = [];
  let run: RecordParts[] = [];
  let size = 0;
  for (const record of records) {
    const more = encodedBytes(record);
    if (run.length > 0 && size + more > chunkBytes) {
      pieces.push(encodePiece(run, size));
      run = [];
      size = 0;
    }
    run.push(record);
    size += more;
  }
  if (run.length > 0) pieces.push(encodePiece(run, size));
  return pieces;
};

/** Joins pieces to chunks of at most {@link chunkBytes}, unless one alone is larger. */
export const joinPieces = (pieces: readonly Piece[], appendTime: number): readonly Chunk[] => {
  const chunks: Chunk[] = [];
  let run: Piece[] = [];
  let size = 0;
  const close = (): void => {
    const count = run.reduce((sum, piece) => sum + piece.count, 0);
    const head = Buffer.allocUnsafe(chunkHead);
    head.writeDoubleBE(appendTime, 0);
    head.writeUInt32BE(count, 8);
    chunks.push({ appendTime, count, bytes: Buffer.concat([head, ...run.map((piece) => piece.bytes)]) });
    run = [];
    size = 0;
  };
  for (const piece of pieces) {
    if (run.length > 0 && size + piece.bytes.length > chunkBytes) close();
    run.push(piece);
    size += piece.bytes.length;
  }
  if (run.length > 0) close();
  return chunks;
};

/** Reads the head of a chunk; its records are read later, from the same bytes. */
export const openChunk = (bytes: Buffer): Chunk => ({
  appendTime: bytes.readDoubleBE(0),
  count: bytes.readUInt32BE(8),
  bytes,
});

const readHeaders = (bytes: Buffer, at: number, count: number): RecordHeaders => {
  const headers: (readonly [string, Uint8Array])[] = [];
  let start = at;
  for (let index = 0; index < count; index += 1) {
    const name = start + headerHead;
    const value = name + bytes.readUInt32BE(start);
    const end = value + bytes.readUInt32BE(start + 4);
    headers.push([bytes.toString('utf8', name, value), bytes.subarray(value, end)]);
    start = end;
  }
  return headers;
};

const noHeaders: RecordHeaders = [];

const readRecord = (chunk: Chunk, at: number, position: bigint): LogRecord => {
  const { bytes } = chunk;
  const end = at + 4 + bytes.readUInt32BE(at);
  const keyLength = bytes.readInt32BE(at + 4);
  const valueLength = bytes.readInt32BE(at + 8);
  const headers = bytes.readUInt32BE(at + 12);
  const value = end - Math.max(valueLength, 0);
  const key = value - Math.max(keyLength, 0);
  return {
    offset: offset(position),
    appendTime: millis(chunk.appendTime),
    key: keyLength < 0 ? null : bytes.subarray(key, value),
    value: valueLength < 0 ? null : bytes.subarray(value, end),
    headers: headers === 0 ? noHeaders : readHeaders(bytes, at + recordHead, headers),
  };
};

/** Pushes the chunk's records with `from <= offset < to` to `into`; their bytes are views of the chunk. */
export const readRecords = (
  chunk: Chunk,
  range: { readonly first: bigint; readonly from: bigint; readonly to: bigint },
  into: LogRecord[],
): void => {
  let at = chunkHead;
  for (let index = 0; index < chunk.count; index += 1) {
    const position = range.first + BigInt(index);
    if (position >= range.to) return;
    if (position >= range.from) into.push(readRecord(chunk, at, position));
    at += 4 + chunk.bytes.readUInt32BE(at);
  }
};
