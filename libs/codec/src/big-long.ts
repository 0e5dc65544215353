import { Buffer } from 'node:buffer';
import avsc from 'avsc';
import type { Type } from 'avsc';

const scratch = Buffer.alloc(8);

const isInt64 = (value: unknown): value is bigint =>
  typeof value === 'bigint' && BigInt.asIntN(64, value) === value;

/** An Avro long as `bigint`, since the range of timestamps passes 2^53. */
export const bigLong: Type = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer): bigint => bytes.readBigInt64LE(),
  toBuffer: (value: bigint): Buffer => {
    scratch.writeBigInt64LE(value);
    return scratch;
  },
  fromJSON: (value: number | string): bigint => BigInt(value),
  toJSON: (value: bigint): string => value.toString(),
  isValid: isInt64,
  compare: (one: bigint, other: bigint): number => (one === other ? 0 : one < other ? -1 : 1),
});
