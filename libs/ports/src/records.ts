import { millis, type Brand, type Millis } from '@kaizen-trace/contracts';

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

/** On a message of the span log: when the log took the oldest record of its unit, in milliseconds since the epoch. */
export const appendedAtHeader = 'kaizen-appended-at';

const timePattern = /^\d{1,15}$/;

/** Headers that say when the log took what a message of the span log was made of; none where that is not known. */
export const appendedAtHeaders = (appendedAt: Millis | undefined): RecordHeaders =>
  appendedAt === undefined ? [] : [[appendedAtHeader, new TextEncoder().encode(String(appendedAt))]];

/** What {@link appendedAtHeaders} wrote; undefined where the message does not say, as those of older releases. */
export const readAppendedAt = ({ headers }: Pick<LogRecord, 'headers'>): Millis | undefined => {
  const value = headers.find(([name]) => name === appendedAtHeader)?.[1];
  const text = value === undefined ? '' : new TextDecoder().decode(value);
  return timePattern.test(text) ? millis(Number(text)) : undefined;
};
