import type { Brand, Millis } from '@kaizen-trace/contracts';

/** Position of a record in its partition. The offset to commit is always named `nextOffset`. */
export type Offset = Brand<bigint, 'Offset'>;

/** Brands a number as an offset. */
export const offset = (value: bigint): Offset => value as Offset;

/** Record headers, in order; a name may stand more than once. */
export type RecordHeaders = readonly (readonly [name: string, value: Uint8Array])[];

/** A record as the log holds it. */
export interface LogRecord {
  readonly offset: Offset;
  /** Set by the log on append (LogAppendTime), never by the agent. */
  readonly appendTime: Millis;
  /** Null on a tick. */
  readonly key: Uint8Array | null;
  /** Null or empty on a tick. */
  readonly value: Uint8Array | null;
  readonly headers: RecordHeaders;
}

/** A record to append. The key decides the partition: murmur2 as Kafka's Java client computes it. */
export interface NewRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly headers?: RecordHeaders;
}

/** A consecutive run of one partition's records. `nextOffset` passes transaction markers, so it may leave a gap. */
export interface RecordBatch {
  readonly records: readonly LogRecord[];
  readonly nextOffset: Offset;
}

/** A record with this header is a tick: it carries time and nothing else, and every reader skips it. */
export const tickHeader = 'kaizen-tick';

/** Whether the record only carries time. */
export const isTick = (record: LogRecord): boolean =>
  (record.value === null || record.value.length === 0) &&
  record.headers.some(([name]) => name === tickHeader);
