import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultMaxLineBytes } from './line-reader.js';
import type { LineReading } from './line-reader.js';
import { readNdjsonBatches } from './ndjson.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const readAll = async (
  chunks: Iterable<Uint8Array>,
  maxLineBytes = defaultMaxLineBytes,
): Promise<LineReading[]> => {
  const readings: LineReading[] = [];
  for await (const batch of readNdjsonBatches(chunks, { maxLineBytes })) readings.push(...batch);
  return readings;
};

const cut = (bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  let from = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(from, from + size));
    from += size;
  }
  return [...chunks, bytes.subarray(from)];
};

const value = (line: number, of: unknown): LineReading => ({ line, type: 'value', value: of });
const bad = (line: number, reason: string): LineReading => ({ line, type: 'bad', reason });

describe('NDJSON', () => {
  it('gives each line its number from 1, blank lines counted and skipped', async () => {
    expect(await readAll([utf8('1\n\n  \t\n{"a":2}\n')])).toEqual([value(1, 1), value(4, { a: 2 })]);
  });

  it('counts a last line without a line feed', async () => {
    expect(await readAll([utf8('1\n2')])).toEqual([value(1, 1), value(2, 2)]);
  });

  it('tolerates CRLF and a byte order mark at the start, and only there', async () => {
    expect(await readAll([utf8('\uFEFF1\r\n\r\n3\r\n\uFEFF4')])).toEqual([
      value(1, 1),
      value(3, 3),
      bad(4, 'is not valid JSON'),
    ]);
    expect(await readAll(cut(utf8('\uFEFF{"a":1}'), [1, 1]))).toEqual([value(1, { a: 1 })]);
    expect(await readAll([utf8('\uFEFF\n1')])).toEqual([value(2, 1)]);
  });

  it('takes the good lines around a bad one, and does not quote it', async () => {
    expect(await readAll([utf8('1\n{"password":"hunter2"\nNaN\n4\n')])).toEqual([
      value(1, 1),
      bad(2, 'is not valid JSON'),
      bad(3, 'is not valid JSON'),
      value(4, 4),
    ]);
  });

  it('refuses a line of invalid UTF-8 alone', async () => {
    const bytes = Uint8Array.of(0x31, 10, 0x22, 0xff, 0x22, 10, 0x22, 0xc3, 0xa9, 0x22, 10, 0xed, 0xa0, 0x80);
    expect(await readAll([bytes])).toEqual([
      value(1, 1),
      bad(2, 'is not valid UTF-8'),
      value(3, 'é'),
      bad(4, 'is not valid UTF-8'),
    ]);
  });

  it('takes a line of the greatest length and refuses one a byte longer by its number', async () => {
    const ofLength = (length: number) => `"${'x'.repeat(length - 2)}"`;
    expect(await readAll([utf8(`${ofLength(10)}\n${ofLength(11)}\n3\n${ofLength(11)}`)], 10)).toEqual([
      value(1, 'xxxxxxxx'),
      bad(2, 'is longer than 10 bytes'),
      value(3, 3),
      bad(4, 'is longer than 10 bytes'),
    ]);
  });

  it('passes over a line of 100 MB without holding it', async () => {
    const filler = new Uint8Array(1024 * 1024).fill(0x78);
    function* chunks(): Generator<Uint8Array> {
      yield utf8('1\n"');
      for (let chunk = 0; chunk < 100; chunk += 1) yield filler;
      yield utf8('"\n3');
    }
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    function* watched(): Generator<Uint8Array> {
      for (const chunk of chunks()) {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        yield chunk;
      }
    }
    expect(await readAll(watched())).toEqual([
      value(1, 1),
      bad(2, `is longer than ${defaultMaxLineBytes} bytes`),
      value(3, 3),
    ]);
    expect(most).toBeLessThan(32 * 1024 * 1024);
  });

  it('has batches no larger than 64 KiB of input, however large the chunk', async () => {
    const sizes: number[] = [];
    const chunk = utf8('1\n'.repeat(200_000));
    for await (const batch of readNdjsonBatches([chunk], { maxLineBytes: 100 })) sizes.push(batch.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32 * 1024);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(200_000);
  });

  it('does not depend on a chunk after it was pushed', async () => {
    const shared = new Uint8Array(4);
    function* reusing(): Generator<Uint8Array> {
      for (const part of ['"abc', 'def"', '\n12\n']) {
        shared.set(utf8(part));
        yield shared;
      }
    }
    expect(await readAll(reusing())).toEqual([value(1, 'abcdef'), value(2, 12)]);
  });

  it('pulls no further chunk before its lines are taken', async () => {
    let pulled = 0;
    function* chunks(): Generator<Uint8Array> {
      for (;;) {
        pulled += 1;
        yield utf8('1\n');
      }
    }
    for await (const [reading] of readNdjsonBatches(chunks(), { maxLineBytes: 100 }))
      if (reading?.line === 3) break;
    expect(pulled).toBe(3);
  });

  it('reads the same from any chunks', async () => {
    const line = fc.oneof(
      fc.json(),
      fc.constantFrom(
        '',
        ' ',
        '\r',
        '{',
        '"é😀"',
        '{"a":1}\r',
        '\uFEFF1',
        '"longer than the limit that is set below"',
      ),
    );
    const bytes = fc
      .tuple(fc.array(fc.oneof(line.map(utf8), fc.uint8Array({ maxLength: 6 }))), fc.boolean())
      .map(([lines, ended]) =>
        Uint8Array.from(lines.flatMap((own, index) => (index > 0 || ended ? [...own, 10] : [...own]))),
      );
    await fc.assert(
      fc.asyncProperty(
        bytes,
        fc.array(fc.nat({ max: 20 })),
        fc.constantFrom(1, 7, 30, 1000),
        async (all, sizes, max) => {
          const whole = await readAll([all], max);
          expect(await readAll(cut(all, sizes), max)).toEqual(whole);
          expect(
            await readAll(
              Array.from(all, (byte) => Uint8Array.of(byte)),
              max,
            ),
          ).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});
