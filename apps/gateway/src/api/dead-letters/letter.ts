import { createHash } from 'node:crypto';
import {
  readDeadLetterHeaders,
  readRedriveMark,
  redrivenFromHeader,
  type LogRecord,
} from '@kaizen-trace/ports';

/** What a list shows of a dead letter; its bytes are left where they are. */
export interface Letter {
  readonly partition: number;
  readonly offset: bigint;
  /** Append time in milliseconds. */
  readonly time: number;
  readonly stage: string | undefined;
  readonly errorClass: string | undefined;
  readonly message: string | undefined;
  readonly source: {
    readonly topic: string | undefined;
    readonly partition: string | undefined;
    readonly offset: string | undefined;
  };
  readonly key: string | null;
  readonly valueBytes: number;
  /** `partition/offset` of the letter that its event came back from before it died again. */
  readonly redrivenFrom: string | undefined;
}

/** Which letters. Absent filters let everything through. */
export interface LetterFilter {
  readonly stage?: string;
  readonly errorClass?: string;
  /** Of the record that died. */
  readonly topic?: string;
  readonly partition?: number;
  /** Append time of the letter, in milliseconds: from, inclusive. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
}

/** A letter as JSON. */
export interface LetterJson {
  readonly partition: number;
  readonly offset: string;
  readonly died_at: string;
  readonly stage: string | null;
  readonly error_class: string | null;
  readonly message: string | null;
  readonly source: {
    readonly topic: string | null;
    readonly partition: string | null;
    readonly offset: string | null;
  };
  readonly key: string | null;
  readonly value_bytes: number;
  readonly redriven: boolean;
  readonly redriven_from: string | null;
}

const strict = new TextDecoder('utf-8', { fatal: true });
const longestKey = 1_024;

/** The bytes as text; undefined where they are no UTF-8. */
export const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
};

/** A short name of a key: its text, or where that is long or none, its hash. */
const keyName = (key: Uint8Array | null): string | null => {
  if (key === null) return null;
  const text = key.length > longestKey ? undefined : textOf(key);
  return text ?? `sha256:${createHash('sha256').update(key).digest('hex')}`;
};

/** Reads a record of the dead letters; undefined where it is a mark. */
export const letterOf = (partition: number, record: LogRecord): Letter | undefined => {
  if (readRedriveMark(record) !== undefined) return undefined;
  const about = readDeadLetterHeaders(record.headers);
  const from = record.headers.findLast(([name]) => name === redrivenFromHeader);
  return {
    partition,
    offset: record.offset,
    time: record.appendTime,
    stage: about.stage,
    errorClass: about.errorClass,
    message: about.message,
    source: { topic: about.topic, partition: about.partition, offset: about.offset },
    key: keyName(record.key),
    valueBytes: record.value?.length ?? 0,
    redrivenFrom: from === undefined ? undefined : textOf(from[1]),
  };
};

/** Whether the letter is one of those that are asked for; times are looked at too. */
export const fits = (letter: Letter, filter: LetterFilter): boolean =>
  (filter.stage === undefined || letter.stage === filter.stage) &&
  (filter.errorClass === undefined || letter.errorClass === filter.errorClass) &&
  (filter.topic === undefined || letter.source.topic === filter.topic) &&
  (filter.partition === undefined || letter.source.partition === String(filter.partition)) &&
  (filter.from === undefined || letter.time >= filter.from) &&
  (filter.to === undefined || letter.time < filter.to);

/** The letter as the operating API shows it. */
export const letterToJson = (letter: Letter, redriven: boolean): LetterJson => ({
  partition: letter.partition,
  offset: String(letter.offset),
  died_at: new Date(letter.time).toISOString(),
  stage: letter.stage ?? null,
  error_class: letter.errorClass ?? null,
  message: letter.message ?? null,
  source: {
    topic: letter.source.topic ?? null,
    partition: letter.source.partition ?? null,
    offset: letter.source.offset ?? null,
  },
  key: letter.key,
  value_bytes: letter.valueBytes,
  redriven,
  redriven_from: letter.redrivenFrom ?? null,
});
