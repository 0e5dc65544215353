import { describe, expect, it } from '@jest/globals';
import { maxEventBytes, micros } from '@kaizen-trace/contracts';
import type { HookContext } from '@kaizen-trace/contracts';
import fc from 'fast-check';
import { canonicalForm, compileSchema, fingerprintOf, fingerprintText } from './avro-schema.js';
import type { AvroSchema } from './avro-schema.js';
import { bigLong } from './big-long.js';
import { currentSchema, decodeEvent, encodeEvent } from './codec.js';
import { eventOf, recordOf, schemaFile } from './testing/records.js';

const encoded = (event: HookContext): Uint8Array => {
  const encoding = encodeEvent(event);
  if (encoding.type !== 'encoded') throw new Error(`too large: ${encoding.size}`);
  return encoding.bytes;
};

const wire = {
  event_id: 'e',
  trace_id: 't',
  event_type: 'post_x',
  agent_id: 'a',
  timestamp: 1n,
  service_name: null,
  call_id: null,
  parent_call_id: null,
  data: {},
  metadata: {},
  result: null,
};

/** A record as some other producer may write it: valid Avro, and no rule of the contract heeded. */
const written = (fields: object, schema: AvroSchema = currentSchema): Uint8Array => {
  const body = compileSchema(schema, { bigLong }).toBuffer({ ...wire, ...fields });
  return recordOf(body, schema);
};

describe('the embedded schema', () => {
  it('is the file in schemas, to the last attribute', () => {
    expect(currentSchema).toEqual(schemaFile('hook-context.v1.avsc'));
    expect(canonicalForm(currentSchema)).toBe(canonicalForm(schemaFile('hook-context.v1.avsc')));
  });

  it('has the fingerprint that is on every topic already', () => {
    expect(fingerprintText(fingerprintOf(currentSchema))).toBe('3911d53b53f6d275');
  });
});

describe('an encoded event', () => {
  it('begins with the marker and the little-endian fingerprint', () => {
    const bytes = Buffer.from(encoded(eventOf({})));
    expect(bytes.subarray(0, 2).toString('hex')).toBe('c301');
    expect(bytes.readBigUInt64LE(2)).toBe(fingerprintOf(currentSchema));
  });

  it('decodes to an equal event', () => {
    const event = eventOf({
      event_id: 'e',
      trace_id: 'é😀',
      service_name: 's',
      call_id: 'c',
      parent_call_id: 'p',
      data: {
        n: null,
        t: true,
        i: 3,
        d: 0.1,
        s: 'text',
        flat: [1, 'two', false, null],
        empty: [],
        nested: { a: [{ b: 1 }] },
        deep: [[1], 2],
      },
      metadata: { m: 1e300 },
      result: { success: false, error: 'no', error_type: 'E', stack: 'at', duration_ms: 1.5 },
    });
    expect(decodeEvent(encoded(event))).toEqual({ type: 'decoded', event });
  });

  it('keeps flat arrays as arrays and everything nested as Json', () => {
    const body = encoded(eventOf({ data: { flat: [1, null], nested: [[1]], object: {} } })).subarray(10);
    const record = compileSchema(currentSchema, { bigLong }).fromBuffer(Buffer.from(body)) as {
      data: unknown;
    };
    expect(JSON.parse(JSON.stringify(record.data))).toEqual({
      flat: [1, null],
      nested: { json: '[[1]]' },
      object: { json: '{}' },
    });
  });

  it('keeps __proto__ as a key', () => {
    const fields = JSON.parse('{"__proto__":{"__proto__":1},"constructor":2}') as object;
    const event = eventOf({ data: fields, metadata: JSON.parse('{"__proto__":"m"}') as object });
    const decoding = decodeEvent(encoded(event));
    expect(decoding).toEqual({ type: 'decoded', event });
    if (decoding.type !== 'decoded') return;
    expect(JSON.stringify(decoding.event.data)).toBe('{"__proto__":{"__proto__":1},"constructor":2}');
    expect(JSON.stringify(decoding.event.metadata)).toBe('{"__proto__":"m"}');
  });

  it('may have 512 KiB and not a byte more', () => {
    const room = maxEventBytes - encoded(eventOf({ data: { s: 'x'.repeat(500_000) } })).length;
    const full = eventOf({ data: { s: 'x'.repeat(500_000 + room) } });
    expect(encoded(full)).toHaveLength(maxEventBytes);
    expect(decodeEvent(encoded(full))).toEqual({ type: 'decoded', event: full });
    const over = eventOf({ data: { s: 'x'.repeat(500_000 + room + 1) } });
    expect(encodeEvent(over)).toEqual({ type: 'too-large', size: maxEventBytes + 1 });
    expect(encodeEvent(eventOf({ data: { s: ['x'.repeat(2_000_000), { a: 1 }] } })).type).toBe('too-large');
    expect(decodeEvent(encoded(full))).toEqual({ type: 'decoded', event: full });
  });

  it('stays as it was when the next is encoded', () => {
    const first = encoded(eventOf({ event_id: 'first' }));
    const copy = Uint8Array.from(first);
    encoded(eventOf({ event_id: 'other' }));
    expect(Uint8Array.from(first)).toEqual(copy);
  });
});

describe('a record of another producer', () => {
  it('is held to the rules, and completed from its metadata', () => {
    const metadata = { service_name: 's', call_id: 'c', parent_call_id: 'p' };
    expect(decodeEvent(written({ event_type: 'POST_X', metadata }))).toEqual({
      type: 'decoded',
      event: eventOf({ event_id: 'e', trace_id: 't', event_type: 'post_x', timestamp: 0.000001, metadata }),
    });
  });

  it.each([
    [{ event_type: 'pre_' }, 'event_type', 'must name a kind after its prefix'],
    [{ agent_id: '' }, 'agent_id', 'must have 1 to 256 characters'],
    [{ trace_id: 'x'.repeat(257) }, 'trace_id', 'must have 1 to 256 characters'],
    [{ event_id: '' }, 'event_id', 'must have 1 to 128 characters'],
    [{ call_id: '' }, 'call_id', 'must have 1 to 256 characters'],
    [{ timestamp: -1n }, 'timestamp', 'must be from 0 to below 9223372036 seconds since the epoch'],
    [
      { timestamp: 2n ** 63n - 1n },
      'timestamp',
      'must be from 0 to below 9223372036 seconds since the epoch',
    ],
    [
      { event_type: 'pre_x', result: { success: true } },
      'result',
      'is refused on a pre_ event: nothing has come out yet',
    ],
    [{ result: { success: false } }, 'result.error', 'is required where success is false'],
    [{ result: { success: true, duration_ms: NaN } }, 'result.duration_ms', 'is not a finite number'],
    [{ data: { a: NaN } }, 'data.a', 'is not a finite number'],
    [{ metadata: { a: [1, Infinity] } }, 'metadata.a.1', 'is not a finite number'],
    [{ data: { a: { json: '{"b":1e400}' } } }, 'data.a.b', 'is not a finite number'],
  ])('with %p is invalid at %s', (fields, field, reason) => {
    expect(decodeEvent(written(fields))).toEqual({ type: 'invalid', field, reason });
  });

  it('is invalid over 512 KiB', () => {
    const bytes = written({ data: { s: 'x'.repeat(maxEventBytes) } });
    expect(decodeEvent(bytes)).toEqual({
      type: 'invalid',
      field: null,
      reason: 'has more than 524288 bytes',
    });
  });

  it('is broken where a nested value is no JSON', () => {
    const reason = 'the JSON text of data.a cannot be parsed';
    expect(decodeEvent(written({ data: { a: { json: '{' } } }))).toEqual({ type: 'broken', reason });
  });
});

describe('bytes that are no record', () => {
  const whole = encoded(eventOf({ data: { a: [1, 'x'], b: { c: 1 } }, result: { success: true } }));

  it.each([
    [[]],
    [[0xc3, 0x01]],
    [[0xc3, 0x02, ...whole.subarray(2)]],
    [[...new TextEncoder().encode('{"a":1}   ')]],
  ])('are broken: %p', (bytes) => {
    expect(decodeEvent(Uint8Array.from(bytes))).toEqual({
      type: 'broken',
      reason: 'is no Avro single-object record',
    });
  });

  it('are refused by the name of their schema where it is unknown', () => {
    const bytes = Uint8Array.of(0xc3, 0x01, 0x8a, 0x8f, 0x25, 0xcc, 0xe7, 0x24, 0xdd, 0x63);
    expect(decodeEvent(bytes)).toEqual({ type: 'unknown-schema', fingerprint: '63dd24e7cc258f8a' });
  });

  it('are broken wherever the body is cut, and with anything behind it', () => {
    for (let end = 10; end < whole.length; end += 1) {
      expect(decodeEvent(whole.subarray(0, end)).type).toBe('broken');
    }
    expect(decodeEvent(Uint8Array.of(...whole, 0)).type).toBe('broken');
  });

  it('are broken at once where a length is absurd', () => {
    const head = written({});
    // The map of `data` begins after the three nulls before it.
    const start = head.length - 3;
    const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    for (const count of [huge, [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]]) {
      expect(decodeEvent(Uint8Array.of(...head.subarray(0, start), ...count, 0, 0, 0)).type).toBe('broken');
    }
  });

  it('never make it throw, hang or accept what breaks a rule, however they were damaged', () => {
    const damage = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(damage, fc.nat({ max: 8 }), (changes, cut) => {
        const bytes = Uint8Array.from(whole.subarray(0, whole.length - cut));
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        const decoding = decodeEvent(bytes);
        if (decoding.type === 'decoded') expect(decodeEvent(encoded(decoding.event))).toEqual(decoding);
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        const decoding = decodeEvent(Uint8Array.of(...whole.subarray(0, 10), ...body));
        expect(['broken', 'invalid', 'decoded']).toContain(decoding.type);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('any valid event', () => {
  it('decodes to what was encoded', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
    const json = fc.jsonValue({ maxDepth: 3 });
    const fields = fc.dictionary(
      fc.oneof(fc.constantFrom('__proto__', 'toJSON', '0', ''), fc.string()),
      json,
    );
    const event = fc
      .record({
        event_id: text,
        trace_id: text,
        agent_id: text,
        event_type: fc.constantFrom('post_x', 'point'),
        service_name: fc.option(text),
        call_id: fc.option(text),
        parent_call_id: fc.option(text),
        data: fields,
        metadata: fields,
        result: fc.option(
          fc.record({ success: fc.boolean(), error: text, duration_ms: fc.option(fc.nat()) }),
        ),
      })
      .map(eventOf);
    const time = fc.bigInt({ min: 0n, max: 9_223_372_035_999_999n });
    fc.assert(
      fc.property(event, time, (own, at) => {
        const dated = { ...own, timestamp: micros(at) };
        expect(decodeEvent(encoded(dated))).toEqual({ type: 'decoded', event: dated });
      }),
      { numRuns: 500 },
    );
  });
});
