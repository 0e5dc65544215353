import { describe, expect, it } from '@jest/globals';
import { compileSchema, fingerprintOf, fingerprintText } from './avro-schema.js';
import type { AvroSchema } from './avro-schema.js';
import { createCodec, decodeEvent } from './codec.js';
import { eventOf, recordOf, schemaFile } from './testing/records.js';

/** A record of `schema`. avsc takes a plain number for a long, and wraps the values of a union of two kinds of number. */
const written = (fields: object, schema: AvroSchema): Uint8Array => {
  const required = { event_id: 'e', trace_id: 't', event_type: 'post_x', agent_id: 'a', timestamp: 1 };
  const body = compileSchema(schema).toBuffer({
    ...required,
    data: {},
    metadata: {},
    result: null,
    ...fields,
  });
  return recordOf(body, schema);
};

describe('another writer schema', () => {
  const older = schemaFile('fixtures/hook-context.older.avsc');
  const newer = schemaFile('fixtures/hook-context.newer.avsc');
  const codec = createCodec({ extraWriterSchemas: [older, newer] });

  it('that is older is read with what it lacks left out', () => {
    const fields = {
      data: JSON.parse('{"__proto__":"kept","n":1}') as object,
      result: { success: false, error: 'x' },
    };
    expect(codec.decodeEvent(written(fields, older))).toEqual({
      type: 'decoded',
      event: eventOf({ event_id: 'e', trace_id: 't', event_type: 'post_x', timestamp: 0.000001, ...fields }),
    });
  });

  it('that is newer is read without what it adds', () => {
    const fields = {
      sequence: 7,
      labels: { a: 'b' },
      priority: 'HIGH',
      data: {
        count: { long: 5 },
        name: { string: 'x' },
        nested: { 'kaizen.trace.Json': { json: '{"a":[1]}' } },
      },
    };
    const bytes = written(fields, newer);
    expect(codec.decodeEvent(bytes)).toEqual({
      type: 'decoded',
      event: eventOf({
        event_id: 'e',
        trace_id: 't',
        event_type: 'post_x',
        timestamp: 0.000001,
        data: { count: 5, name: 'x', nested: { a: [1] } },
      }),
    });
    for (let end = 10; end < bytes.length; end += 1) {
      expect(codec.decodeEvent(bytes.subarray(0, end)).type).toBe('broken');
    }
  });

  it('is unknown to a codec that was not given it', () => {
    expect(decodeEvent(written({}, older))).toEqual({
      type: 'unknown-schema',
      fingerprint: fingerprintText(fingerprintOf(older)),
    });
  });

  it('is refused at once where it cannot be resolved', () => {
    const foreign = { type: 'record', name: 'Other', fields: [{ name: 'event_id', type: 'int' }] };
    expect(() => createCodec({ extraWriterSchemas: [foreign] })).toThrow();
  });
});
