import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileSchema } from './avro-schema.js';
import { compileExtentCheck } from './extent.js';

const schema = {
  type: 'record',
  name: 'R',
  namespace: 'x',
  fields: [
    { name: 'b', type: 'boolean' },
    { name: 'i', type: 'int' },
    { name: 'l', type: 'long' },
    { name: 'f', type: 'float' },
    { name: 'd', type: 'double' },
    { name: 'y', type: 'bytes' },
    { name: 's', type: 'string' },
    { name: 'e', type: { type: 'enum', name: 'E', symbols: ['A', 'B'] } },
    { name: 'x', type: { type: 'fixed', name: 'F', size: 3 } },
    { name: 'again', type: 'F' },
    { name: 'a', type: { type: 'array', items: 'int' } },
    { name: 'm', type: { type: 'map', values: ['null', 'string'] } },
    { name: 'next', type: ['null', 'R'], default: null },
  ],
};
const type = compileSchema(schema);
const fits = compileExtentCheck(schema);

const check = (of: object | string, ...bytes: number[]): boolean =>
  compileExtentCheck(of)(Uint8Array.from(bytes), 0);

describe('the extent of a value', () => {
  it('is that of what avsc writes, to the byte, whatever the type', () => {
    for (let run = 0; run < 300; run += 1) {
      const bytes = type.toBuffer(type.random());
      expect(fits(bytes, 0)).toBe(true);
      expect(fits(bytes.subarray(0, -1), 0)).toBe(false);
      expect(fits(Buffer.concat([bytes, Buffer.of(0)]), 0)).toBe(false);
    }
  });

  it('accepts no bytes that avsc cannot read to their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        if (fits(bytes, 0)) expect(type.decode(Buffer.from(bytes), 0).offset).toBe(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('knows blocks with their size, and holds the size against the items', () => {
    const ints = { type: 'array', items: 'int' };
    expect(check(ints, 3, 4, 2, 4, 0)).toBe(true);
    expect(check(ints, 3, 6, 2, 4, 0)).toBe(false);
    expect(check(ints, 2, 2, 2, 4, 0)).toBe(true);
  });

  it('is found at once where a count promises more than there is, even of items without bytes', () => {
    const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
    expect(check({ type: 'array', items: 'null' }, ...huge, 0)).toBe(false);
    expect(check({ type: 'array', items: { type: 'array', items: 'null' } }, 40, 40, 40, 0)).toBe(false);
    expect(check('string', ...huge)).toBe(false);
    expect(check('bytes', 1)).toBe(false);
  });

  it('refuses what the types do not have', () => {
    expect(check('boolean', 2)).toBe(false);
    expect(check(['null', 'int'], 4)).toBe(false);
    expect(check(['null', 'int'], 1)).toBe(false);
    expect(check({ type: 'enum', name: 'E', symbols: ['A'] }, 2)).toBe(false);
    expect(check('int', 0x80, 0x80, 0x80, 0x80, 0x10)).toBe(false);
    expect(check('int', 0xff, 0xff, 0xff, 0xff, 0x0f)).toBe(true);
    expect(check('long', ...new Array<number>(9).fill(0xff), 1)).toBe(true);
    expect(check('long', ...new Array<number>(9).fill(0xff), 2)).toBe(false);
    expect(check('long', ...new Array<number>(10).fill(0x80), 0)).toBe(false);
  });
});
