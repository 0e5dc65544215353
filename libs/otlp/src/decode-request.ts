import { Buffer, isUtf8 } from 'node:buffer';
import { checkField, checkMessage, resourceShape, scopeShape, spanShape } from './decode-check.js';
import {
  cursorOver,
  MalformedBytes,
  readInt32,
  readLength,
  readSmallVarint,
  skipValue,
  take,
  wireType,
} from './decode-wire.js';
import type { Cursor } from './decode-wire.js';

/** A span of a request: its encoded message, checked to the last byte, and the fields that an index needs. */
export interface EncodedSpan {
  /** The `Span` message. A view into the request: copy it to keep it longer. */
  readonly bytes: Uint8Array;
  /** 16 bytes as a Latin-1 string, a key that costs little; empty where the span has none. */
  readonly traceId: string;
  /** Eight bytes as a Latin-1 string; empty where the span has none. */
  readonly spanId: string;
  /** Bytes that are not UTF-8 stand as U+FFFD; `nameBroken` tells. */
  readonly name: string;
  readonly nameBroken: boolean;
  /** The number of the `SpanKind`; 0 where it is none that OTLP knows. */
  readonly kind: number;
  /** Nanoseconds since the epoch, unsigned. */
  readonly start: bigint;
  /** Nanoseconds since the epoch, unsigned. */
  readonly end: bigint;
}

/** The spans of a request that share a resource and a scope, each as its encoded message. */
export interface EncodedSpanGroup {
  readonly resource: Uint8Array;
  readonly scope: Uint8Array;
  readonly spans: readonly EncodedSpan[];
}

/** The spans of a request, or why it is none. */
export type SplitOutcome =
  | { readonly type: 'split'; readonly groups: readonly EncodedSpanGroup[]; readonly spanCount: number }
  /** The bytes are no `ExportTraceServiceRequest`; `reason` says what is wrong and where. */
  | { readonly type: 'malformed'; readonly reason: string };

const none = new Uint8Array(0);

/** A message given in several pieces is the concatenation of them: that is protobuf's merge. */
const merged = (before: Uint8Array, more: Uint8Array): Uint8Array =>
  before.length === 0 ? more : Buffer.concat([before, more]);

/**
 * Splits an encoded OTLP `ExportTraceServiceRequest` into its spans without decoding them. Total: every byte of it is
 * checked, so that what it returns can be decoded later without a fault. Costs a walk over the bytes.
 */
export const splitTraceRequest = (bytes: Uint8Array): SplitOutcome => {
  const cursor = cursorOver(bytes);
  const groups: EncodedSpanGroup[] = [];
  try {
    while (cursor.at < cursor.end) {
      const tag = readSmallVarint(cursor);
      if (tag === ((1 << 3) | wireType.bytes)) within(cursor, () => splitResourceSpans(cursor, groups));
      else skipUnknown(cursor, tag, 1);
    }
  } catch (error) {
    if (error instanceof MalformedBytes) return { type: 'malformed', reason: error.message };
    throw error;
  }
  let spanCount = 0;
  for (const group of groups) spanCount += group.spans.length;
  return { type: 'split', groups, spanCount };
};

const within = (cursor: Cursor, read: () => void): void => {
  const end = readLength(cursor);
  const outerEnd = cursor.end;
  cursor.end = end;
  read();
  cursor.at = end;
  cursor.end = outerEnd;
};

/** A known field that comes with another wire type is refused; a field from a later version of OTLP is skipped. */
const skipUnknown = (cursor: Cursor, tag: number, lastKnown: number): void => {
  const field = tag >>> 3;
  if (field === 0 || field <= lastKnown) {
    throw new MalformedBytes(`field ${field} has wire type ${tag & 7} before byte ${cursor.at}`);
  }
  skipValue(cursor, tag);
};

const checked = (cursor: Cursor, shape: typeof resourceShape): Uint8Array => {
  const end = readLength(cursor);
  const piece = cursor.bytes.subarray(cursor.at, end);
  checkMessage(cursor, end, { shape, depth: 0 });
  return piece;
};

const splitResourceSpans = (cursor: Cursor, groups: EncodedSpanGroup[]): void => {
  let resource = none;
  const scopes: { scope: Uint8Array; spans: EncodedSpan[] }[] = [];
  while (cursor.at < cursor.end) {
    const tag = readSmallVarint(cursor);
    if (tag === ((1 << 3) | wireType.bytes))
      resource = merged(resource, checked(cursor, resourceShape)) as typeof none;
    else if (tag === ((2 << 3) | wireType.bytes)) within(cursor, () => scopes.push(splitScopeSpans(cursor)));
    else if (tag === ((3 << 3) | wireType.bytes)) skipValue(cursor, tag);
    else skipUnknown(cursor, tag, 3);
  }
  for (const scope of scopes) if (scope.spans.length > 0) groups.push({ resource, ...scope });
};

const splitScopeSpans = (cursor: Cursor): { scope: Uint8Array; spans: EncodedSpan[] } => {
  let scope: Uint8Array = none;
  const spans: EncodedSpan[] = [];
  while (cursor.at < cursor.end) {
    const tag = readSmallVarint(cursor);
    if (tag === ((1 << 3) | wireType.bytes)) scope = merged(scope, checked(cursor, scopeShape));
    else if (tag === ((2 << 3) | wireType.bytes)) within(cursor, () => spans.push(splitSpan(cursor)));
    else if (tag === ((3 << 3) | wireType.bytes)) skipValue(cursor, tag);
    else skipUnknown(cursor, tag, 3);
  }
  return { scope, spans };
};

const tagOf = {
  traceId: (1 << 3) | wireType.bytes,
  spanId: (2 << 3) | wireType.bytes,
  name: (5 << 3) | wireType.bytes,
  kind: (6 << 3) | wireType.varint,
  start: (7 << 3) | wireType.fixed64,
  end: (8 << 3) | wireType.fixed64,
} as const;

const spanPlace = { shape: spanShape, depth: 0 };

const splitSpan = (cursor: Cursor): EncodedSpan => {
  const from = cursor.at;
  let traceId = '';
  let spanId = '';
  let name = '';
  let nameBroken = false;
  let kind = 0;
  let start = 0n;
  let end = 0n;
  while (cursor.at < cursor.end) {
    const tag = readSmallVarint(cursor);
    if (tag === tagOf.traceId) traceId = readId(cursor, 16);
    else if (tag === tagOf.spanId) spanId = readId(cursor, 8);
    else if (tag === tagOf.name) {
      const nameEnd = readLength(cursor);
      name = cursor.buffer.toString('utf8', cursor.at, nameEnd);
      nameBroken = name.includes('\ufffd') && !isUtf8(cursor.bytes.subarray(cursor.at, nameEnd));
      cursor.at = nameEnd;
    } else if (tag === tagOf.kind) kind = readInt32(cursor);
    else if (tag === tagOf.start) start = cursor.view.getBigUint64(take(cursor, 8), true);
    else if (tag === tagOf.end) end = cursor.view.getBigUint64(take(cursor, 8), true);
    else checkField(cursor, tag, spanPlace);
  }
  if (kind < 0 || kind > 5) kind = 0;
  return {
    bytes: cursor.bytes.subarray(from, cursor.end),
    traceId,
    spanId,
    name,
    nameBroken,
    kind,
    start,
    end,
  };
};

const readId = (cursor: Cursor, length: number): string => {
  const end = readLength(cursor);
  const size = end - cursor.at;
  if (size !== length && size !== 0) throw new MalformedBytes(`an id at byte ${cursor.at} has ${size} bytes`);
  const id = cursor.buffer.toString('latin1', cursor.at, end);
  cursor.at = end;
  return id;
};
