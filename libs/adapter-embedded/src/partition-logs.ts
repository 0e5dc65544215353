import type { Millis } from '@kaizen-trace/contracts';
import type { LogBounds, LogRecord, Offset, RecordBatch } from '@kaizen-trace/ports';
import { offset, OffsetOutOfRangeError } from '@kaizen-trace/ports';
import type { Chunk, Piece } from './chunk.js';
import { joinPieces, openChunk, readRecords } from './chunk.js';
import type { Environment } from './environment.js';
import type { Stream } from './keys.js';
import { chunkKey, headKey, offsetOfChunkKey } from './keys.js';

/** Head = start:u64 end:u64 lastAppendTime:f64: what stays true of a partition when retention has emptied it. */
export interface Head extends LogBounds {
  readonly lastAppendTime: number;
}

/** What one batch of a reader holds at most, but for a single larger record. */
const batchBytes = 256 * 1024;

const none = offset(0n);

const readHead = (bytes: Buffer): Head => ({
  start: offset(bytes.readBigUInt64BE(0)),
  end: offset(bytes.readBigUInt64BE(8)),
  lastAppendTime: bytes.readDoubleBE(16),
});

const writeHead = ({ start, end, lastAppendTime }: Head): Buffer => {
  const bytes = Buffer.allocUnsafe(24);
  bytes.writeBigUInt64BE(start, 0);
  bytes.writeBigUInt64BE(end, 8);
  bytes.writeDoubleBE(lastAppendTime, 16);
  return bytes;
};

interface Located {
  readonly first: bigint;
  readonly chunk: Chunk;
}

/** The partitions of every log in one environment. What writes must run inside of a transaction. */
export class PartitionLogs {
  readonly #env: Environment;
  readonly #now: () => Millis;
  #staged = new Map<string, { stream: Stream; partition: number; pieces: Piece[] }>();

  constructor(env: Environment, now: () => Millis) {
    this.#env = env;
    this.#now = now;
  }

  head(stream: Stream, partition: number): Head {
    const bytes = this.#env.heads.get(headKey(stream, partition));
    return bytes === undefined ? { start: none, end: none, lastAppendTime: 0 } : readHead(bytes);
  }

  /** Appends with the next {@link flush}, so that small appends of one transaction share a chunk. */
  stage(stream: Stream, partition: number, pieces: readonly Piece[]): void {
    const name = `${stream}/${partition}`;
    const staged = this.#staged.get(name);
    if (staged === undefined) this.#staged.set(name, { stream, partition, pieces: [...pieces] });
    else staged.pieces.push(...pieces);
  }

  /** Begins a transaction: what an aborted one had staged is forgotten. */
  begin(): void {
    this.#staged.clear();
  }

  /** Writes what is staged, stamped with one time for each partition, never earlier than its last. */
  flush(): void {
    for (const { stream, partition, pieces } of this.#staged.values()) {
      const head = this.head(stream, partition);
      const appendTime = Math.max(this.#now(), head.lastAppendTime);
      let end: bigint = head.end;
      for (const { bytes, count } of joinPieces(pieces, appendTime)) {
        void this.#env.chunks.put(chunkKey(stream, partition, end), bytes);
        end += BigInt(count);
      }
      const next: Head = { start: head.start, end: offset(end), lastAppendTime: appendTime };
      void this.#env.heads.put(headKey(stream, partition), writeHead(next));
    }
    this.#staged.clear();
  }

  /**
   * The records from `from` on, below `to`, as many as make a batch; undefined where there are none yet.
   *
   * @throws OffsetOutOfRangeError where `from` lies below the log's start.
   */
  batch(stream: Stream, partition: number, range: { from: bigint; to: bigint }): RecordBatch | undefined {
    const { start, end } = this.head(stream, partition);
    if (range.from < start)
      throw new OffsetOutOfRangeError({ partition, wanted: offset(range.from), logStart: start });
    const to = range.to < end ? range.to : end;
    const begin = range.from < to ? this.#locate(stream, partition, range.from) : undefined;
    if (begin === undefined) return undefined;
    const records: LogRecord[] = [];
    let size = 0;
    let nextOffset = range.from;
    const chunks = this.#env.chunks.getRange({
      start: chunkKey(stream, partition, begin.first),
      end: chunkKey(stream, partition, to),
    });
    for (const { key, value } of chunks) {
      const first = offsetOfChunkKey(key);
      const chunk = openChunk(value);
      readRecords(chunk, { first, from: range.from, to }, records);
      nextOffset = first + BigInt(chunk.count);
      size += value.length;
      if (size >= batchBytes) break;
    }
    return { records, nextOffset: offset(nextOffset < to ? nextOffset : to) };
  }

  /** The first offset whose append time is at or after `time`; a binary search, as times never go back. */
  offsetAt(stream: Stream, partition: number, time: number): Offset {
    const { start, end, lastAppendTime } = this.head(stream, partition);
    if (time > lastAppendTime) return end;
    let low: bigint = start;
    let high: bigint = end;
    while (low < high) {
      const found = this.#locate(stream, partition, low + (high - low) / 2n);
      if (found === undefined) return offset(low);
      if (found.chunk.appendTime >= time) high = found.first < low ? low : found.first;
      else low = found.first + BigInt(found.chunk.count);
    }
    return offset(low);
  }

  /** Moves the start up to `start`, and removes at most `chunks` chunks below it; whether there are more to remove. */
  trim(stream: Stream, partition: number, limit: { start: bigint; chunks: number }): boolean {
    const head = this.head(stream, partition);
    const wanted = limit.start < head.end ? limit.start : head.end;
    const start = wanted > head.start ? wanted : head.start;
    if (start > head.start)
      void this.#env.heads.put(headKey(stream, partition), writeHead({ ...head, start: offset(start) }));
    let removed = 0;
    const range = { start: chunkKey(stream, partition, 0n), end: chunkKey(stream, partition, start) };
    const candidates = [...this.#env.chunks.getRange({ ...range, limit: limit.chunks })];
    for (const { key, value } of candidates) {
      if (offsetOfChunkKey(key) + BigInt(openChunk(value).count) > start) break;
      void this.#env.chunks.remove(key);
      removed += 1;
    }
    return removed === limit.chunks;
  }

  /** The chunk that holds an offset of the log. */
  #locate(stream: Stream, partition: number, position: bigint): Located | undefined {
    const key = chunkKey(stream, partition, position);
    const exact = this.#env.chunks.get(key);
    if (exact !== undefined) return { first: position, chunk: openChunk(exact) };
    const below = { start: key, end: headKey(stream, partition), reverse: true, limit: 1 };
    for (const entry of this.#env.chunks.getRange(below))
      return { first: offsetOfChunkKey(entry.key), chunk: openChunk(entry.value) };
    return undefined;
  }
}
