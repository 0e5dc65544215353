import { describe, expect, it } from '@jest/globals';
import { emptyFields } from '@kaizen-trace/contracts';
import fc from 'fast-check';
import { compileSchema } from './avro-schema.js';
import { bigLong } from './big-long.js';
import { currentSchema, openResolvingReader } from './codec.js';
import { openCurrentReader } from './read-current.js';
import { recordOf } from './testing/records.js';

const type = compileSchema(currentSchema, { bigLong });
const readCurrent = openCurrentReader();
const readByAvsc = openResolvingReader(currentSchema);

const record = (body: Uint8Array): Buffer => recordOf(body, currentSchema);

const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', minLength: 60, maxLength: 70 }),
);
const double = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, NaN, Infinity));
const scalar = fc.oneof(fc.constant(null), fc.boolean(), double, text);
const json = fc.oneof(fc.json(), fc.constantFrom('{', '[1e400]', '-0')).map((own) => ({ json: own }));
const fields = fc
  .array(fc.tuple(fc.oneof(text, fc.constant('__proto__')), fc.oneof(scalar, fc.array(scalar), json)))
  .map((entries) => Object.assign(emptyFields() as object, Object.fromEntries(entries)));
const wireEvent = fc.record({
  event_id: text,
  trace_id: text,
  event_type: text,
  agent_id: text,
  timestamp: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  service_name: fc.option(text),
  call_id: fc.option(text),
  parent_call_id: fc.option(text),
  data: fields,
  metadata: fields,
  result: fc.option(
    fc.record({
      success: fc.boolean(),
      error: fc.option(text),
      error_type: fc.option(text),
      stack: fc.option(text),
      duration_ms: fc.option(double),
    }),
  ),
});

describe('the reader of the current schema', () => {
  it('reads what avsc reads, from every record that the schema allows', () => {
    fc.assert(
      fc.property(wireEvent, (event) => {
        const bytes = record(type.toBuffer(event));
        expect(readCurrent(bytes)).toBeDefined();
        expect(readCurrent(bytes)).toEqual(readByAvsc(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('reads and refuses what avsc does, from records that were damaged anywhere', () => {
    const damage = fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.oneof(fc.nat({ max: 255 }), fc.nat({ max: 8 })),
      ),
      { minLength: 1, maxLength: 2 },
    );
    let refused = 0;
    let read = 0;
    fc.assert(
      fc.property(wireEvent, damage, fc.constantFrom(0, 0, 0, 0, 0, 1), (event, changes, cut) => {
        const body = type.toBuffer(event);
        const bytes = record(body.subarray(0, body.length - cut));
        for (const [at, byte] of changes) bytes[10 + Math.floor(at * (bytes.length - 10))] = byte;
        const reading = readCurrent(bytes);
        expect(reading).toEqual(readByAvsc(bytes));
        if (reading === undefined) refused += 1;
        else read += 1;
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(refused, read)).toBeGreaterThan(10);
  });

  it('knows maps and arrays in blocks, with their size or without', () => {
    const head = [2, 0x65, 2, 0x74, 2, 0x78, 2, 0x61, 2, 0, 0, 0];
    const entryOf = (key: number, ...value: number[]): number[] => [2, key, ...value];
    const list = [8, 1, 2, 0, 2, 6, 2, 0x7a, 0];
    const data = [2, ...entryOf(0x61, 0), 1, 22, ...entryOf(0x62, ...list), 0];
    for (const size of [20, 22, 24]) {
      const body = [...head, ...data.map((byte) => (byte === 22 ? size : byte)), 0, 0];
      const reading = readCurrent(record(Uint8Array.from(body)));
      expect(reading).toEqual(readByAvsc(record(Uint8Array.from(body))));
      if (size === 22) expect(reading).toMatchObject({ timestamp: 1n, data: { a: null, b: [null, 'z'] } });
      else expect(reading).toBeUndefined();
    }
  });
});
