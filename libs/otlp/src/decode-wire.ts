import { Buffer } from 'node:buffer';

/**
 * The protobuf wire format, as far as OTLP needs it:
 *
 *   message ::= { tag value }     tag ::= varint (field number << 3 | wire type)
 *   value   ::= varint | 8 bytes (fixed64) | varint length, bytes | 4 bytes (fixed32)
 *
 * Groups (wire types 3 and 4) were never part of OTLP and are refused.
 */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Thrown by the readers of this folder at bytes that are no OTLP message, and caught at its doors. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes';
}

/** A reading position in bytes; `at` moves, `end` is exclusive. */
export interface Position {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
}

/** A position with what reads numbers and text there. */
export interface Cursor extends Position {
  readonly view: DataView;
  /** The same bytes, for reading text. */
  readonly buffer: Buffer;
}

/** A cursor over all of `bytes`. */
export const cursorOver = (bytes: Uint8Array): Cursor => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  buffer: Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  at: 0,
  end: bytes.length,
});

const truncated = (cursor: Position): MalformedBytes =>
  new MalformedBytes(`the message ends in the middle of a field at byte ${cursor.at}`);

/** Reads a varint whose value must fit 32 bits unsigned: tags and lengths. */
export const readSmallVarint = (cursor: Position): number => {
  const { bytes, end } = cursor;
  // Nearly all of them are one byte long.
  if (cursor.at < end && bytes[cursor.at]! < 0x80) return bytes[cursor.at++]!;
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (cursor.at >= end) throw truncated(cursor);
    const byte = bytes[cursor.at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) {
      if (value > 0xffff_ffff) break;
      return value;
    }
  }
  throw new MalformedBytes(`a tag or length at byte ${cursor.at} is over 32 bits`);
};

/** Moves past a varint of at most ten bytes. */
export const skipVarint = (cursor: Position): void => {
  const { bytes, end } = cursor;
  for (let count = 0; count < 10; count++) {
    if (cursor.at >= end) throw truncated(cursor);
    if (bytes[cursor.at++]! < 0x80) return;
  }
  throw new MalformedBytes(`a varint at byte ${cursor.at} is over ten bytes`);
};

/** Reads a varint of 64 bits as unsigned; what lies above them is cut, as protobuf does. */
export const readVarint = (cursor: Position): bigint => {
  const { bytes, end } = cursor;
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (cursor.at >= end) throw truncated(cursor);
    const byte = bytes[cursor.at++]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  throw new MalformedBytes(`a varint at byte ${cursor.at} is over ten bytes`);
};

/** Reads an enum or a 32-bit count: the low 32 bits of a varint, as protobuf does. */
export const readInt32 = (cursor: Position): number => {
  const { bytes, at, end } = cursor;
  if (at < end && bytes[at]! < 0x80) {
    cursor.at++;
    return bytes[at]!;
  }
  return Number(BigInt.asIntN(32, readVarint(cursor)));
};

/** Moves over `length` bytes and returns where they began. */
export const take = (cursor: Position, length: number): number => {
  const from = cursor.at;
  if (length > cursor.end - from) throw truncated(cursor);
  cursor.at = from + length;
  return from;
};

/** Reads a length and returns the end of the bytes that follow; `cursor.at` is their begin. */
export const readLength = (cursor: Position): number => {
  const length = readSmallVarint(cursor);
  if (length > cursor.end - cursor.at) throw truncated(cursor);
  return cursor.at + length;
};

/** Moves past a value of a field that the reader does not know. */
export const skipValue = (cursor: Position, tag: number): void => {
  switch (tag & 7) {
    case wireType.varint:
      skipVarint(cursor);
      return;
    case wireType.fixed64:
      take(cursor, 8);
      return;
    case wireType.bytes:
      cursor.at = readLength(cursor);
      return;
    case wireType.fixed32:
      take(cursor, 4);
      return;
    default:
      throw new MalformedBytes(`unknown wire type ${tag & 7} before byte ${cursor.at}`);
  }
};
