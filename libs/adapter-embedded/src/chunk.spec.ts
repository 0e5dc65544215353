import { describe, expect, it } from '@jest/globals';
import type { LogRecord } from '@kaizen-trace/ports';
import fc from 'fast-check';
import type { RecordParts } from './chunk.js';
import { chunkBytes, encodePieces, joinPieces, openChunk, payloadBytes, readRecords } from './chunk.js';

const binary = fc.uint8Array({ maxLength: 300 });
const record: fc.Arbitrary<RecordParts> = fc.record({
  key: fc.option(binary),
  value: fc.option(binary),
  headers: fc.array(fc.tuple(fc.string({ unit: 'binary' }), binary), { maxLength: 3 }),
});

const plain = ({ key, value, headers = [] }: RecordParts): unknown => ({
  key: key && [...key],
  value: value && [...value],
  headers: headers.map(([name, bytes]) => [Buffer.from(name).toString(), [...bytes]]),
});

const decode = (calls: readonly (readonly RecordParts[])[]): readonly LogRecord[] => {
  const found: LogRecord[] = [];
  let first = 5n;
  for (const { bytes } of joinPieces(calls.flatMap(encodePieces), 1_234.5)) {
    const chunk = openChunk(bytes);
    readRecords(chunk, { first, from: 0n, to: 10_000n }, found);
    first += BigInt(chunk.count);
  }
  return found;
};

describe('chunks', () => {
  it('give back every record of every call, in order, with consecutive offsets and their time', () => {
    fc.assert(
      fc.property(fc.array(fc.array(record, { maxLength: 20 }), { maxLength: 5 }), (calls) => {
        const found = decode(calls);
        expect(found.map(plain)).toEqual(calls.flat().map(plain));
        expect(found.map(({ offset }) => offset)).toEqual(found.map((_, index) => 5n + BigInt(index)));
        expect(found.every(({ appendTime }) => appendTime === 1_234.5)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('stay within their size, but for a record that is larger alone', () => {
    const sizes = [10, chunkBytes * 3, 10, ...Array<number>(1_000).fill(500), chunkBytes - 100, 5_000];
    const records = sizes.map((size) => ({ key: null, value: new Uint8Array(size) }));
    const chunks = joinPieces(encodePieces(records), 0);
    expect(chunks.reduce((sum, { count }) => sum + count, 0)).toBe(records.length);
    for (const { bytes, count } of chunks)
      if (count > 1) expect(bytes.length).toBeLessThanOrEqual(chunkBytes + 12);
    expect(decode([records]).map(({ value }) => value!.length)).toEqual(sizes);
  });

  it('count key, value and headers as the payload, in bytes', () => {
    const headers = [['ä', new Uint8Array(3)]] as const;
    expect(payloadBytes({ key: new Uint8Array(1), value: new Uint8Array(2), headers })).toBe(8);
    expect(payloadBytes({ key: null, value: null })).toBe(0);
  });

  it('read no further than the range that was asked for', () => {
    const records = [1, 2, 3, 4, 5].map((size) => ({ key: null, value: new Uint8Array(size) }));
    const [chunk] = joinPieces(encodePieces(records), 0);
    const found: LogRecord[] = [];
    readRecords(chunk!, { first: 100n, from: 101n, to: 103n }, found);
    expect(found.map(({ offset, value }) => [offset, value!.length])).toEqual([
      [101n, 2],
      [102n, 3],
    ]);
  });
});
