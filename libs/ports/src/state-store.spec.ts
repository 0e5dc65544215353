import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dueOf, keyAt, placeOf, placesOfTrace, traceAt, traceOfKey } from './index.js';

const trace = fc.oneof(
  fc.uuid(),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.string({ unit: fc.constantFrom('\0', '\u0001', '1', '2', 't', 'o', ':', 'a'), minLength: 1 }),
);
const offsetText = fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String);
const traceKey = fc.oneof(
  trace.map((id) => ({ key: `t:${id}`, id })),
  fc
    .tuple(fc.constantFrom('o', 'h'), offsetText, trace)
    .map(([type, offset, id]) => ({ key: `${type}:${offset}:${id}`, id })),
);
const anyKey = fc.oneof(
  traceKey.map(({ key }) => key),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', 't', 't:', 'o:', 'o:1:', 'h:x:trace', 'partition', '\0', '\0t'),
);

describe('the place of an entry', () => {
  it('gives its key back', () => {
    fc.assert(fc.property(anyKey, (key) => expect(keyAt(placeOf(key))).toBe(key)));
  });

  it('is of the trace in the key, and stands behind the places of that trace only', () => {
    fc.assert(
      fc.property(traceKey, trace, ({ key, id }, other) => {
        expect(traceOfKey(key)).toBe(id);
        expect(traceAt(placeOf(key))).toBe(id);
        expect(placeOf(key).startsWith(placesOfTrace(id))).toBe(true);
        expect(placeOf(key).startsWith(placesOfTrace(other))).toBe(other === id);
      }),
    );
  });

  it('stands before all traces where the key belongs to none', () => {
    for (const key of ['partition', 'c:12', 't', 't:', 'o:12:', 'o:x:trace', 'h::trace', '']) {
      expect(traceOfKey(key)).toBeUndefined();
      expect(placeOf(key) < placesOfTrace('\0')).toBe(true);
    }
  });
});

describe('the due time of an entry', () => {
  const entry = (due: number, rest: Uint8Array): Uint8Array => {
    const value = Buffer.alloc(7 + rest.length);
    value[0] = 2;
    value.writeUIntBE(due, 1, 6);
    value.set(rest, 7);
    return value;
  };

  it('is what a value of format 2 says, wherever it lies in memory', () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(traceKey, time, fc.uint8Array({ maxLength: 9 }), ({ key }, due, rest) => {
        const value = entry(due, rest);
        expect(dueOf(key, value)).toBe(due);
        expect(dueOf(key, Uint8Array.of(9, 9, 9, ...value).subarray(3))).toBe(due);
      }),
    );
  });

  it('is at once where the value does not say, and never where the entry is of no trace', () => {
    const longAgo = Uint8Array.of(1, 9, 9, 9, 9, 9, 9, 9);
    for (const value of [longAgo, Uint8Array.of(2, 0, 0), new Uint8Array(0)])
      expect(dueOf('t:a', value)).toBe(1);
    for (const key of ['partition', 'c:1', 'o:1:']) expect(dueOf(key, entry(5, longAgo))).toBe(0);
  });
});
