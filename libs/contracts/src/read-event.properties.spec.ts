import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readEvent } from './read-event.js';
import { micros } from './time.js';
import { toJson } from './to-json.js';

const defaults = {
  now: () => micros(42n),
  newId: () => '0190a5c0-0000-7000-8000-000000000000',
  newTraceId: () => 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
};

const read = (value: unknown) => readEvent(value, defaults);
describe('any value', () => {
  const key = fc.oneof(fc.constantFrom('__proto__', 'call_id', 'service_name', 'constructor'), fc.string());
  const json = fc.jsonValue({ maxDepth: 4 });
  /** Nearly always `usual`, so that most values are events and each field is wrong now and then. */
  const mostly = <Value>(usual: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: json });
  const id = fc.oneof(fc.string({ minLength: 1, maxLength: 8 }), fc.constantFrom('\ud800', 'é😀\udc00'));
  const fields = fc.dictionary(key, fc.oneof(json, id));
  const likeAnEvent = fc.record(
    {
      event_type: mostly(fc.constantFrom('pre_x', 'post_x', 'Point.1')),
      agent_id: mostly(id),
      trace_id: mostly(id),
      event_id: mostly(id),
      timestamp: mostly(fc.double({ min: 0, max: 9_223_372_035, noNaN: true })),
      call_id: mostly(fc.option(id)),
      data: mostly(fields),
      metadata: mostly(fields),
      result: mostly(
        fc.option(
          fc.record({ success: fc.boolean(), error: id, data: fields }, { requiredKeys: ['success'] }),
        ),
      ),
    },
    { requiredKeys: ['event_type', 'agent_id'] },
  );

  it('is read without a throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }), json),
        (value) => {
          expect(['accepted', 'refused']).toContain(read(value).type);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('that is accepted reads back to itself through JSON text', () => {
    let taken = 0;
    fc.assert(
      fc.property(likeAnEvent, (value) => {
        const reading = read(value);
        if (reading.type === 'refused') return;
        taken += 1;
        expect(read(JSON.parse(JSON.stringify(toJson(reading.event))))).toEqual(reading);
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(500);
  });
});
