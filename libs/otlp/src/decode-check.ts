import {
  MalformedBytes,
  readLength,
  readSmallVarint,
  skipValue,
  skipVarint,
  take,
  wireType,
} from './decode-wire.js';
import type { Cursor } from './decode-wire.js';

/** What a known field must look like; a field number that is not listed is skipped, as protobuf does. */
interface Field {
  readonly wire: number;
  readonly message?: () => Shape;
  /** The bytes may only have one of these lengths: ids. */
  readonly lengths?: readonly number[];
}

/** The known fields of a message by field number. */
export type Shape = ReadonlyMap<number, Field>;

/** Values may nest this deep; beyond it a request is refused, so that none can exhaust the stack. */
export const maxDepth = 64;

const varint: Field = { wire: wireType.varint };
const fixed64: Field = { wire: wireType.fixed64 };
const fixed32: Field = { wire: wireType.fixed32 };
const bytes: Field = { wire: wireType.bytes };
const traceId: Field = { wire: wireType.bytes, lengths: [0, 16] };
const spanId: Field = { wire: wireType.bytes, lengths: [0, 8] };
const nested = (message: () => Shape): Field => ({ wire: wireType.bytes, message });

const anyValue: Shape = new Map([
  [1, bytes],
  [2, varint],
  [3, varint],
  [4, fixed64],
  [5, nested(() => values)],
  [6, nested(() => keyValues)],
  [7, bytes],
]);
const values: Shape = new Map([[1, nested(() => anyValue)]]);
const keyValue: Shape = new Map([
  [1, bytes],
  [2, nested(() => anyValue)],
]);
const keyValues: Shape = new Map([[1, nested(() => keyValue)]]);
const attributes = nested(() => keyValue);
const status: Shape = new Map([
  [2, bytes],
  [3, varint],
]);
const event: Shape = new Map([
  [1, fixed64],
  [2, bytes],
  [3, attributes],
  [4, varint],
]);
const link: Shape = new Map([
  [1, traceId],
  [2, spanId],
  [3, bytes],
  [4, attributes],
  [5, varint],
  [6, fixed32],
]);

/** opentelemetry.proto.resource.v1.Resource */
export const resourceShape: Shape = new Map([
  [1, attributes],
  [2, varint],
]);

/** opentelemetry.proto.common.v1.InstrumentationScope */
export const scopeShape: Shape = new Map([
  [1, bytes],
  [2, bytes],
  [3, attributes],
  [4, varint],
]);

/** opentelemetry.proto.trace.v1.Span */
export const spanShape: Shape = new Map([
  [1, traceId],
  [2, spanId],
  [3, bytes],
  [4, spanId],
  [5, bytes],
  [6, varint],
  [7, fixed64],
  [8, fixed64],
  [9, attributes],
  [10, varint],
  [11, nested(() => event)],
  [12, varint],
  [13, nested(() => link)],
  [14, varint],
  [15, nested(() => status)],
  [16, fixed32],
]);

/** Checks one value of a known or unknown field and moves past it. */
export const checkField = (cursor: Cursor, tag: number, place: { shape: Shape; depth: number }): void => {
  const field = place.shape.get(tag >>> 3);
  if (field === undefined) {
    if (tag >>> 3 === 0) throw new MalformedBytes(`field number 0 before byte ${cursor.at}`);
    skipValue(cursor, tag);
    return;
  }
  if ((tag & 7) !== field.wire) {
    throw new MalformedBytes(`field ${tag >>> 3} has wire type ${tag & 7} before byte ${cursor.at}`);
  }
  if (field.wire === wireType.varint) skipVarint(cursor);
  else if (field.wire === wireType.fixed64) take(cursor, 8);
  else if (field.wire === wireType.fixed32) take(cursor, 4);
  else checkBytes(cursor, field, place.depth);
};

const checkBytes = (cursor: Cursor, field: Field, depth: number): void => {
  const end = readLength(cursor);
  if (field.lengths !== undefined && !field.lengths.includes(end - cursor.at)) {
    throw new MalformedBytes(`an id at byte ${cursor.at} has ${end - cursor.at} bytes`);
  }
  if (field.message !== undefined) checkMessage(cursor, end, { shape: field.message(), depth: depth + 1 });
  cursor.at = end;
};

/**
 * Checks that `cursor` up to `end` is a message of the shape, with everything nested in it, and moves past it.
 *
 * @throws MalformedBytes where it is not, or nests deeper than {@link maxDepth}.
 */
export const checkMessage = (cursor: Cursor, end: number, place: { shape: Shape; depth: number }): void => {
  if (place.depth > maxDepth)
    throw new MalformedBytes(`values nest deeper than ${maxDepth} at byte ${cursor.at}`);
  const outerEnd = cursor.end;
  cursor.end = end;
  while (cursor.at < end) checkField(cursor, readSmallVarint(cursor), place);
  cursor.end = outerEnd;
};
