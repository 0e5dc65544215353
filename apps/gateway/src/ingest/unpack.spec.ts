import { Readable } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { unpack } from './unpack.js';

const unpacked = async (body: Buffer): Promise<number> => {
  let bytes = 0;
  const source = Readable.from([body], { objectMode: false });
  for await (const chunk of unpack(source, {
    coding: 'zstd',
    maxPackedBytes: body.length,
    hold: () => undefined,
  }))
    bytes += chunk.length;
  return bytes;
};

describe('a zstd body of many frames', () => {
  const frames = (count: number) =>
    Buffer.concat(Array.from({ length: count }, () => zstdCompressSync(Buffer.from('\n'))));

  it('is unpacked to its end', async () => {
    expect(await unpacked(frames(100))).toBe(100);
  });

  it('is refused where they are so many that their decoders would be the work', async () => {
    await expect(unpacked(frames(200))).rejects.toThrow('too many frames');
  });
});
