import { readFileSync } from 'node:fs';
import { micros, readEvent, type HookContext } from '@kaizen-trace/contracts';
import { fingerprintOf, type AvroSchema } from '../avro-schema.js';
import { writeHeader } from '../single-object.js';

/** A file of `schemas/`. */
export const schemaFile = (name: string): AvroSchema =>
  JSON.parse(readFileSync(new URL(`../../../../schemas/${name}`, import.meta.url), 'utf8')) as AvroSchema;

/** The event of these fields; fails where they are refused. */
export const eventOf = (value: object): HookContext => {
  const reading = readEvent(
    { event_type: 'post_tool_use', agent_id: 'a', ...value },
    { now: () => micros(1_767_225_600_123_456n), newId: () => 'id', newTraceId: () => 'trace' },
  );
  if (reading.type === 'refused') throw new Error(`${String(reading.field)} ${reading.reason}`);
  return reading.event;
};

/** A body behind the header of single-object encoding. */
export const recordOf = (body: Uint8Array, schema: AvroSchema): Buffer => {
  const bytes = Buffer.concat([Buffer.alloc(10), body]);
  writeHeader(bytes, fingerprintOf(schema));
  return bytes;
};
