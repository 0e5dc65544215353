import type { Buffer } from 'node:buffer';
import * as zlib from 'node:zlib';

const table = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 as zlib has it, in plain code: the first releases of Node 20 have none of their own. */
export const plainCrc32 = (bytes: Buffer): number => {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  return (crc ^ -1) >>> 0;
};

const native = (zlib as { readonly crc32?: (bytes: Buffer) => number }).crc32;

/** The CRC-32 of the bytes, 0 to 2^32 − 1. */
export const crc32: (bytes: Buffer) => number = native === undefined ? plainCrc32 : (bytes) => native(bytes);
