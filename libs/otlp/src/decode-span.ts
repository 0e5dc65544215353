import { isUtf8 } from 'node:buffer';
import { maxDepth } from './decode-check.js';
import {
  cursorOver,
  MalformedBytes,
  readInt32,
  readLength,
  readSmallVarint,
  readVarint,
  skipValue,
  take,
} from './decode-wire.js';
import type { Cursor } from './decode-wire.js';

/** Text as it stood in the message: a string, with the original bytes beside it where they are not UTF-8. */
export interface DecodedText {
  readonly text: string;
  readonly broken?: Uint8Array;
}

/** An attribute's value. `empty` is a value with no field set. */
export type DecodedValue =
  | { readonly type: 'empty' }
  | ({ readonly type: 'string' } & DecodedText)
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'array'; readonly values: readonly DecodedValue[] }
  | { readonly type: 'map'; readonly entries: readonly DecodedAttribute[] };

/** A key and its value, in the order of the message; keys may repeat. */
export interface DecodedAttribute {
  readonly key: DecodedText;
  readonly value: DecodedValue;
}

/** An event of a span. */
export interface DecodedEvent {
  /** Nanoseconds since the epoch, unsigned. */
  readonly time: bigint;
  readonly name: string;
  readonly attributes: readonly DecodedAttribute[];
  readonly droppedAttributes: number;
}

/** A link of a span. */
export interface DecodedLink {
  /** Lower-case hex; empty where the link has none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: readonly DecodedAttribute[];
  readonly droppedAttributes: number;
}

/** An OTLP `Span` as it stands in the message. Ids are lower-case hex, empty where absent; times are nanoseconds. */
export interface DecodedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly parentSpanId: string;
  readonly name: DecodedText;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: readonly DecodedAttribute[];
  readonly droppedAttributes: number;
  readonly events: readonly DecodedEvent[];
  readonly links: readonly DecodedLink[];
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly flags: number;
}

/** The instrumentation scope of spans. */
export interface DecodedScope {
  readonly name: string;
  readonly version: string;
  readonly attributes: readonly DecodedAttribute[];
}

const readText = (cursor: Cursor): DecodedText => {
  const end = readLength(cursor);
  const from = cursor.at;
  cursor.at = end;
  const text = cursor.buffer.toString('utf8', from, end);
  if (!text.includes('\ufffd')) return { text };
  const piece = cursor.bytes.subarray(from, end);
  return isUtf8(piece) ? { text } : { text, broken: piece };
};

const readHex = (cursor: Cursor): string => {
  const end = readLength(cursor);
  const from = cursor.at;
  cursor.at = end;
  return cursor.buffer.toString('hex', from, end);
};

const readBytes = (cursor: Cursor): Uint8Array => {
  const end = readLength(cursor);
  const from = cursor.at;
  cursor.at = end;
  return cursor.bytes.subarray(from, end);
};

const readUint64 = (cursor: Cursor): bigint => cursor.view.getBigUint64(take(cursor, 8), true);

/** Calls `field` for each field of the message that follows; it reads the value, or returns false to have it skipped. */
const readMessage = (cursor: Cursor, field: (number: number) => boolean): void => {
  const end = readLength(cursor);
  const outerEnd = cursor.end;
  cursor.end = end;
  readFields(cursor, field);
  cursor.end = outerEnd;
};

const readFields = (cursor: Cursor, field: (number: number) => boolean): void => {
  while (cursor.at < cursor.end) {
    const tag = readSmallVarint(cursor);
    if (!field(tag >>> 3)) skipValue(cursor, tag);
  }
};

const readValue = (cursor: Cursor, depth: number): DecodedValue => {
  if (depth > maxDepth) throw new MalformedBytes(`values nest deeper than ${maxDepth} at byte ${cursor.at}`);
  let value: DecodedValue = { type: 'empty' };
  readMessage(cursor, (number) => {
    const read = readOneOf(cursor, number, depth);
    if (read !== undefined) value = read;
    return read !== undefined;
  });
  return value;
};

const readOneOf = (cursor: Cursor, number: number, depth: number): DecodedValue | undefined => {
  switch (number) {
    case 1:
      return { type: 'string', ...readText(cursor) };
    case 2:
      return { type: 'bool', value: readVarint(cursor) !== 0n };
    case 3:
      return { type: 'int', value: BigInt.asIntN(64, readVarint(cursor)) };
    case 4:
      return { type: 'double', value: cursor.view.getFloat64(take(cursor, 8), true) };
    case 5: {
      const values: DecodedValue[] = [];
      readMessage(cursor, (inner) => inner === 1 && values.push(readValue(cursor, depth + 2)) > 0);
      return { type: 'array', values };
    }
    case 6: {
      const entries: DecodedAttribute[] = [];
      readMessage(cursor, (inner) => inner === 1 && entries.push(readAttribute(cursor, depth + 2)) > 0);
      return { type: 'map', entries };
    }
    case 7:
      return { type: 'bytes', value: readBytes(cursor) };
    default:
      return undefined;
  }
};

const readAttribute = (cursor: Cursor, depth: number): DecodedAttribute => {
  let key: DecodedText = { text: '' };
  let value: DecodedValue = { type: 'empty' };
  readMessage(cursor, (number) => {
    if (number === 1) key = readText(cursor);
    else if (number === 2) value = readValue(cursor, depth + 1);
    else return false;
    return true;
  });
  return { key, value };
};

const readEvent = (cursor: Cursor): DecodedEvent => {
  let time = 0n;
  let name = '';
  const attributes: DecodedAttribute[] = [];
  let droppedAttributes = 0;
  readMessage(cursor, (number) => {
    if (number === 1) time = readUint64(cursor);
    else if (number === 2) name = readText(cursor).text;
    else if (number === 3) attributes.push(readAttribute(cursor, 0));
    else if (number === 4) droppedAttributes = readInt32(cursor) >>> 0;
    else return false;
    return true;
  });
  return { time, name, attributes, droppedAttributes };
};

const readLink = (cursor: Cursor): DecodedLink => {
  const link = { traceId: '', spanId: '', traceState: '', droppedAttributes: 0 };
  const attributes: DecodedAttribute[] = [];
  readMessage(cursor, (number) => {
    if (number === 1) link.traceId = readHex(cursor);
    else if (number === 2) link.spanId = readHex(cursor);
    else if (number === 3) link.traceState = readText(cursor).text;
    else if (number === 4) attributes.push(readAttribute(cursor, 0));
    else if (number === 5) link.droppedAttributes = readInt32(cursor) >>> 0;
    else return false;
    return true;
  });
  return { ...link, attributes };
};

type Draft = { -readonly [Key in keyof DecodedSpan]: DecodedSpan[Key] } & {
  attributes: DecodedAttribute[];
  events: DecodedEvent[];
  links: DecodedLink[];
};

const emptySpan = (): Draft => ({
  traceId: '',
  spanId: '',
  traceState: '',
  parentSpanId: '',
  name: { text: '' },
  kind: 0,
  start: 0n,
  end: 0n,
  attributes: [],
  droppedAttributes: 0,
  events: [],
  links: [],
  statusCode: 0,
  statusMessage: '',
  flags: 0,
});

const spanFields: Readonly<Record<number, (cursor: Cursor, span: Draft) => void>> = {
  1: (cursor, span) => (span.traceId = readHex(cursor)),
  2: (cursor, span) => (span.spanId = readHex(cursor)),
  3: (cursor, span) => (span.traceState = readText(cursor).text),
  4: (cursor, span) => (span.parentSpanId = readHex(cursor)),
  5: (cursor, span) => (span.name = readText(cursor)),
  6: (cursor, span) => (span.kind = readInt32(cursor)),
  7: (cursor, span) => (span.start = readUint64(cursor)),
  8: (cursor, span) => (span.end = readUint64(cursor)),
  9: (cursor, span) => span.attributes.push(readAttribute(cursor, 0)),
  10: (cursor, span) => (span.droppedAttributes = readInt32(cursor) >>> 0),
  11: (cursor, span) => span.events.push(readEvent(cursor)),
  13: (cursor, span) => span.links.push(readLink(cursor)),
  15: (cursor, span) =>
    readMessage(cursor, (number) => {
      if (number === 2) span.statusMessage = readText(cursor).text;
      else if (number === 3) span.statusCode = readInt32(cursor);
      else return false;
      return true;
    }),
  16: (cursor, span) => (span.flags = cursor.view.getUint32(take(cursor, 4), true)),
};

/**
 * Decodes an encoded OTLP `Span`, such as {@link splitTraceRequest} returns.
 *
 * @throws MalformedBytes where the bytes are none; those that were split before never are.
 */
export const decodeSpan = (bytes: Uint8Array): DecodedSpan => {
  const cursor = cursorOver(bytes);
  const span = emptySpan();
  readFields(cursor, (number) => {
    const read = spanFields[number];
    read?.(cursor, span);
    return read !== undefined;
  });
  return span;
};

/**
 * Decodes the attributes of an encoded OTLP `Resource`.
 *
 * @throws MalformedBytes where the bytes are none.
 */
export const decodeResource = (bytes: Uint8Array): readonly DecodedAttribute[] => {
  const cursor = cursorOver(bytes);
  const attributes: DecodedAttribute[] = [];
  readFields(cursor, (number) => number === 1 && attributes.push(readAttribute(cursor, 0)) > 0);
  return attributes;
};

/**
 * Decodes an encoded OTLP `InstrumentationScope`.
 *
 * @throws MalformedBytes where the bytes are none.
 */
export const decodeScope = (bytes: Uint8Array): DecodedScope => {
  const cursor = cursorOver(bytes);
  const attributes: DecodedAttribute[] = [];
  let name = '';
  let version = '';
  readFields(cursor, (number) => {
    if (number === 1) name = readText(cursor).text;
    else if (number === 2) version = readText(cursor).text;
    else if (number === 3) attributes.push(readAttribute(cursor, 0));
    else return false;
    return true;
  });
  return { name, version, attributes };
};
