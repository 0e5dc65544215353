import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { micros, readEvent } from '@kaizen-trace/contracts';
import type { HookContext } from '@kaizen-trace/contracts';
import { compileSchema, fingerprintOf, fingerprintText } from './avro-schema.js';
import type { AvroSchema } from './avro-schema.js';
import { createCodec, decodeEvent } from './codec.js';
import { writeHeader } from './single-object.js';

const schemaFile = (name: string): AvroSchema =>
  JSON.parse(readFileSync(new URL(`../../../schemas/${name}`, import.meta.url), 'utf8')) as AvroSchema;

const eventOf = (value: object): HookContext => {
  const reading = readEvent(
    { event_type: 'post_tool_use', agent_id: 'a', ...value },
    { now: () => micros(1_767_225_600_123_456n), newId: () => 'id', newTraceId: () => 'trace' },
  );
  if (reading.type === 'refused') throw new Error(`${String(reading.field)} ${reading.reason}`);
  return reading.event;
};

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
  const bytes = new Uint8Array(10 + body.length);
  writeHeader(bytes, fingerprintOf(schema));
  bytes.set(body, 10);
  return bytes;
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
