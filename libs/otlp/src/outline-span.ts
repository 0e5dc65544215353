import { Buffer } from 'node:buffer';
import { readLength, readSmallVarint, skipValue, take, wireType } from './decode-wire.js';
import type { Position } from './decode-wire.js';

/** Of an encoded span what places it in its trace. Ids are lower-case hex, empty where absent. */
export interface SpanOutline {
  readonly spanId: string;
  readonly parentSpanId: string;
  /** Nanoseconds since the epoch, unsigned. */
  readonly start: bigint;
  readonly end: bigint;
  /** A link may say of a span's parent what `parentSpanId` does not: then the span must be decoded to know it. */
  readonly hasLinks: boolean;
}

const tagOf = {
  spanId: (2 << 3) | wireType.bytes,
  parentSpanId: (4 << 3) | wireType.bytes,
  start: (7 << 3) | wireType.fixed64,
  end: (8 << 3) | wireType.fixed64,
  link: (13 << 3) | wireType.bytes,
} as const;

const readHex = (cursor: Position, buffer: Buffer): string => {
  const end = readLength(cursor);
  const from = cursor.at;
  cursor.at = end;
  return buffer.toString('hex', from, end);
};

/**
 * Reads the outline of an encoded OTLP `Span` and skips the rest of it: a small part of what `decodeSpan` costs.
 *
 * @throws MalformedBytes where the bytes are none; those that were split before never are.
 */
export const outlineSpan = (bytes: Uint8Array): SpanOutline => {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor: Position = { bytes, at: 0, end: bytes.length };
  let spanId = '';
  let parentSpanId = '';
  let start = 0n;
  let end = 0n;
  let hasLinks = false;
  while (cursor.at < cursor.end) {
    const tag = readSmallVarint(cursor);
    if (tag === tagOf.spanId) spanId = readHex(cursor, buffer);
    else if (tag === tagOf.parentSpanId) parentSpanId = readHex(cursor, buffer);
    else if (tag === tagOf.start) start = buffer.readBigUInt64LE(take(cursor, 8));
    else if (tag === tagOf.end) end = buffer.readBigUInt64LE(take(cursor, 8));
    else {
      if (tag === tagOf.link) hasLinks = true;
      skipValue(cursor, tag);
    }
  }
  return { spanId, parentSpanId, start, end, hasLinks };
};
