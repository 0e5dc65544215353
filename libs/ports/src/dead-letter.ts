import type { DeadLetter } from './assembler-log.js';
import { offset, type LogRecord, type Offset, type RecordHeaders } from './records.js';

/** Where a record was found impossible: its bytes, its rules, or the backend that its spans were meant for. */
export type DeadLetterStage = 'decode' | 'validate' | 'export';

/** Why a record became a dead letter, and from where. */
export interface DeadLetterReason {
  readonly topic: string;
  readonly partition: number;
  /** The record's own offset in its partition. */
  readonly offset: Offset;
  readonly stage: DeadLetterStage;
  /** Stable name or code of the error, such as `UnknownFingerprintError` or `INVALID_ARGUMENT`. */
  readonly errorClass: string;
  readonly message: string;
}

// The names that Kafka Connect gives them, so that tools which show its dead letters show ours.
const prefix = '__connect.errors.';
const names = {
  topic: `${prefix}topic`,
  partition: `${prefix}partition`,
  offset: `${prefix}offset`,
  stage: `${prefix}stage`,
  errorClass: `${prefix}exception.class.name`,
  message: `${prefix}exception.message`,
} as const;

/** Longest message that a header carries, in UTF-16 units: a letter is its original plus little. */
const maxMessageLength = 4096;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Headers that say why and from where, under the names of Kafka Connect, all UTF-8. Append them to the record's own
 * headers, which stay first. A message over 4,096 characters is cut.
 */
export const deadLetterHeaders = (reason: DeadLetterReason): RecordHeaders => [
  [names.topic, encoder.encode(reason.topic)],
  [names.partition, encoder.encode(String(reason.partition))],
  [names.offset, encoder.encode(String(reason.offset))],
  [names.stage, encoder.encode(reason.stage)],
  [names.errorClass, encoder.encode(reason.errorClass)],
  [names.message, encoder.encode(reason.message.slice(0, maxMessageLength))],
];

/**
 * What {@link deadLetterHeaders} wrote, as text by field; fields without a header are absent. Of a letter that died
 * more than once it gives the last time.
 */
export const readDeadLetterHeaders = (
  headers: RecordHeaders,
): Readonly<Partial<Record<keyof DeadLetterReason, string>>> => {
  const last = new Map(headers);
  const found: Partial<Record<keyof DeadLetterReason, string>> = {};
  for (const field of Object.keys(names) as (keyof typeof names)[]) {
    const value = last.get(names[field]);
    if (value !== undefined) found[field] = decoder.decode(value);
  }
  return found;
};

/** The record's headers without those of {@link deadLetterHeaders}: what it had when it was first read. */
export const withoutDeadLetterHeaders = (headers: RecordHeaders): RecordHeaders =>
  headers.filter(([name]) => !name.startsWith(prefix));

const markHeader = 'kaizen-redriven';
const none = new Uint8Array(0);

/** Names, on an event that was brought back, the letter it comes from: `partition/offset` of the dead letters. */
export const redrivenFromHeader = 'kaizen-redriven-from';

/**
 * The record that says of a letter in the same partition that it was brought back. It has an empty value, as ticks do,
 * and stands behind its letter, so that retention never removes it first.
 */
export const redriveMark = (letter: Offset): DeadLetter => ({
  key: null,
  value: none,
  headers: [[markHeader, encoder.encode(String(letter))]],
});

/**
 * The offset of the letter that the record marks as brought back; undefined where the record is a letter itself, which
 * always has headers that say why: so no event can pass for a mark.
 */
export const readRedriveMark = ({ value, headers }: LogRecord): Offset | undefined => {
  const [header] = headers;
  if (header === undefined || headers.length > 1 || header[0] !== markHeader) return undefined;
  if (value !== null && value.length > 0) return undefined;
  const text = decoder.decode(header[1]);
  return /^\d{1,19}$/.test(text) ? offset(BigInt(text)) : undefined;
};
