import type { Buffer } from 'node:buffer';
import { emptyFields, micros } from '@kaizen-trace/contracts';
import type {
  EventCandidate,
  Fields,
  HookResult,
  JsonValue,
  Micros,
  MutableFields,
} from '@kaizen-trace/contracts';
import { openInternedText } from './interned-text.js';
import type { TextReader } from './interned-text.js';
import { headerBytes } from './single-object.js';
import { notFinite, readJson } from './wire.js';
import type { Findings, WireProblem } from './wire.js';

/*
 * The body of a record of the current schema, read in one pass and straight into our own objects, since this is what
 * every event of the log goes through. A spec holds it against avsc, which reads every other schema.
 *
 *     body   = event_id trace_id event_type agent_id timestamp            ; string × 4, long
 *              service_name call_id parent_call_id                        ; each ["null", "string"]
 *              data metadata result
 *     map    = *(count [size] 1*(string value)) %x00                      ; size where count is negative
 *     value  = %x00 / %x02 boolean / %x04 double / %x06 string / %x08 array / %x0A json
 *     result = %x00 / %x02 boolean 3("null" or string) ("null" or double)
 */

/** Where reading stands. Once `broken`, every read gives something harmless and reads no further. */
interface Cursor extends Findings {
  readonly bytes: Buffer;
  readonly name: TextReader;
  at: number;
  broken: boolean;
  /** The value that is being read, for the field of a problem. */
  map: string;
  key: string;
}

const fail = (cursor: Cursor): 0 => {
  cursor.broken = true;
  cursor.at = cursor.bytes.length;
  return 0;
};

/** A zigzag varint of more than one byte; exact up to 2^53. */
const longTail = (cursor: Cursor, first: number): number => {
  const { bytes } = cursor;
  let value = first & 0x7f;
  for (let shift = 1, weight = 0x80; shift < 10; shift += 1, weight *= 0x80) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) return fail(cursor);
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
  return fail(cursor);
};

const readLong = (cursor: Cursor): number => {
  const first = cursor.bytes[cursor.at++];
  if (first === undefined) return fail(cursor);
  return first < 0x80 ? (first >>> 1) ^ -(first & 1) : longTail(cursor, first);
};

/** The same again, digit by digit, where doubles are not exact. */
const exactLong = (cursor: Cursor, start: number): bigint => {
  let value = 0n;
  for (let at = cursor.at - 1; at >= start; at -= 1)
    value = (value << 7n) | BigInt((cursor.bytes[at] ?? 0) & 0x7f);
  if (value >= 1n << 64n) fail(cursor);
  return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
};

const readTimestamp = (cursor: Cursor): Micros => {
  const start = cursor.at;
  const value = readLong(cursor);
  return micros(Math.abs(value) < 2 ** 52 ? BigInt(value) : exactLong(cursor, start));
};

/** Moves past a text and gives its length. */
const skipText = (cursor: Cursor): number => {
  const length = readLong(cursor);
  if (length < 0 || length > cursor.bytes.length - cursor.at) return fail(cursor);
  cursor.at += length;
  return length;
};

const readText = (cursor: Cursor): string => {
  const length = skipText(cursor);
  return cursor.bytes.toString('utf8', cursor.at - length, cursor.at);
};

/** A text that is likely to come again. */
const readName = (cursor: Cursor): string => {
  const length = skipText(cursor);
  return cursor.name(cursor.bytes, cursor.at - length, cursor.at);
};

const isPresent = (cursor: Cursor): boolean => {
  const branch = readLong(cursor);
  if (branch !== 0 && branch !== 1) fail(cursor);
  return branch === 1;
};

const readBoolean = (cursor: Cursor): boolean => {
  const byte = cursor.bytes[cursor.at++];
  if (byte !== 0 && byte !== 1) fail(cursor);
  return byte === 1;
};

const readDouble = (cursor: Cursor): number => {
  if (cursor.bytes.length - cursor.at < 8) return fail(cursor);
  cursor.at += 8;
  return cursor.bytes.readDoubleLE(cursor.at - 8);
};

/** Calls `readItem` for each item of an array or map. No item takes less than a byte, so counts are held against that. */
const readBlocks = <Items>(
  cursor: Cursor,
  items: Items,
  readItem: (cursor: Cursor, items: Items) => void,
): Items => {
  for (;;) {
    const count = readLong(cursor);
    if (count === 0) return items;
    const size = count < 0 ? readLong(cursor) : undefined;
    const start = cursor.at;
    let left = Math.abs(count);
    if (left > cursor.bytes.length - start) fail(cursor);
    for (; left > 0 && !cursor.broken; left -= 1) readItem(cursor, items);
    if (size !== undefined && cursor.at - start !== size) fail(cursor);
    if (cursor.broken) return items;
  }
};

const readFinite = (cursor: Cursor, index?: number): number => {
  const value = readDouble(cursor);
  if (!Number.isFinite(value)) {
    const field = `${cursor.map}.${cursor.key}`;
    cursor.problem ??= notFinite(index === undefined ? field : `${field}.${index}`);
  }
  // Adding 0 turns -0 into 0, as reading JSON does.
  return value + 0;
};

const readItem = (cursor: Cursor, items: JsonValue[]): void => {
  const branch = readLong(cursor);
  if (branch === 0) items.push(null);
  else if (branch === 1) items.push(readBoolean(cursor));
  else if (branch === 2) items.push(readFinite(cursor, items.length));
  else if (branch === 3) items.push(readText(cursor));
  else fail(cursor);
};

const readNested = (cursor: Cursor): JsonValue => {
  const json = readText(cursor);
  return cursor.broken ? null : readJson(cursor, json, `${cursor.map}.${cursor.key}`);
};

const readValue = (cursor: Cursor): JsonValue => {
  switch (readLong(cursor)) {
    case 0:
      return null;
    case 1:
      return readBoolean(cursor);
    case 2:
      return readFinite(cursor);
    case 3:
      return readText(cursor);
    case 4:
      return readBlocks<JsonValue[]>(cursor, [], readItem);
    case 5:
      return readNested(cursor);
    default:
      return fail(cursor);
  }
};

const readEntry = (cursor: Cursor, fields: MutableFields): void => {
  cursor.key = readName(cursor);
  fields[cursor.key] = readValue(cursor);
};

const readMap = (cursor: Cursor, map: string): Fields => {
  cursor.map = map;
  return readBlocks(cursor, emptyFields(), readEntry);
};

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

const readResult = (cursor: Cursor): HookResult => {
  const result: Mutable<HookResult> = { success: readBoolean(cursor) };
  if (isPresent(cursor)) result.error = readText(cursor);
  if (isPresent(cursor)) result.errorType = readText(cursor);
  if (isPresent(cursor)) result.stack = readText(cursor);
  if (isPresent(cursor)) result.durationMs = readDouble(cursor) + 0;
  return result;
};

const readBody = (cursor: Cursor): EventCandidate => ({
  eventId: readText(cursor),
  traceId: readText(cursor),
  eventType: readName(cursor),
  agentId: readName(cursor),
  timestamp: readTimestamp(cursor),
  serviceName: isPresent(cursor) ? readName(cursor) : undefined,
  callId: isPresent(cursor) ? readText(cursor) : undefined,
  parentCallId: isPresent(cursor) ? readText(cursor) : undefined,
  data: readMap(cursor, 'data'),
  metadata: readMap(cursor, 'metadata'),
  result: isPresent(cursor) ? readResult(cursor) : undefined,
});

/** Reads a whole record; undefined where its body does not fit the schema. */
export type CurrentReader = (bytes: Buffer) => EventCandidate | WireProblem | undefined;

/** A reader of records of the current schema. Takes no more time or memory than the bytes warrant. */
export const openCurrentReader = (): CurrentReader => {
  const name = openInternedText();
  return (bytes) => {
    const cursor: Cursor = {
      bytes,
      name,
      at: headerBytes,
      broken: false,
      problem: undefined,
      map: '',
      key: '',
    };
    const candidate = readBody(cursor);
    if (cursor.broken || cursor.at !== bytes.length) return undefined;
    return cursor.problem ?? candidate;
  };
};
