import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ItemReading } from './item-reader.js';
import { openJsonReader } from './json-reader.js';

/** Reads a text, cut into chunks of the given sizes in turn. */
const read = (
  text: string | Uint8Array,
  sizes: readonly number[] = [1e9],
  maxItemBytes = 1e6,
): readonly ItemReading[] => {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const reader = openJsonReader(maxItemBytes);
  const readings: ItemReading[] = [];
  for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    readings.push(...reader.push(bytes.subarray(from, from + size)));
    from += size;
  }
  return [...readings, ...reader.end()];
};

const values = (readings: readonly ItemReading[]): readonly unknown[] =>
  readings.map((reading) => (reading.type === 'value' ? reading.value : reading.type));

const parsed = (text: string): unknown => {
  try {
    return { document: JSON.parse(text) as unknown };
  } catch {
    return 'no JSON';
  }
};

const chunkSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe('the JSON reader', () => {
  it('gives the items of an array with their positions, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1, 2), chunkSizes, (items, indent, sizes) => {
        const readings = read(JSON.stringify(items, undefined, indent), sizes);
        expect(values(readings)).toEqual(JSON.parse(JSON.stringify(items)));
        expect(readings.map(({ line }) => line)).toEqual(items.map((_, index) => index + 1));
      }),
    );
  });

  it('gives anything else as the only item', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), chunkSizes, (document, sizes) => {
        expect(values(read(` ${JSON.stringify(document)}\n`, sizes))).toEqual([
          JSON.parse(JSON.stringify(document)),
        ]);
      }),
    );
  });

  it('is broken exactly where JSON.parse throws', () => {
    const soup = fc.array(
      fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '\\', '"a"', '1', ' ', 'null', '{}'),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(soup, chunkSizes, (parts, sizes) => {
        const text = parts.join('');
        if (text.trim() === '') return;
        const broken = read(text, sizes).some(({ type }) => type === 'broken');
        expect([text, broken]).toEqual([text, parsed(text) === 'no JSON']);
      }),
      { numRuns: 3_000 },
    );
  });

  it('tolerates a byte order mark', () => {
    expect(values(read('\uFEFF[1]', [1]))).toEqual([1]);
    expect(values(read('\uFEFF{"a":1}'))).toEqual([{ a: 1 }]);
  });

  it('goes on after an item that is too long or no UTF-8', () => {
    expect(values(read(`[1,"${'x'.repeat(100)}",2]`, [7], 50))).toEqual([1, 'bad', 2]);
    expect(values(read(Buffer.concat([Buffer.from('[1,"'), Buffer.of(0xff), Buffer.from('",2]')])))).toEqual([
      1,
      'bad',
      2,
    ]);
  });

  it('says where it broke', () => {
    expect(read('[1,2,{]').at(-1)).toMatchObject({ type: 'broken', line: 3 });
    expect(read('[1,2').at(-1)).toMatchObject({ type: 'broken', line: 2 });
  });
});
