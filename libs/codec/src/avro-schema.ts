import avsc from 'avsc';
import type { Type } from 'avsc';
import { crc64Avro } from './crc-64-avro.js';

/** An Avro schema as parsed JSON, or the name of a primitive type. */
export type AvroSchema = object | string;

type ForeignSchema = Parameters<typeof avsc.Type.forSchema>[0];

/** How a schema is compiled. `bigLong`, where given, stands for every long. */
export interface CompileOptions {
  readonly bigLong?: Type;
}

const isLong = (schema: unknown): boolean =>
  schema === 'long' ||
  (typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'long');

/**
 * Compiles a schema with avsc.
 *
 * @throws Error where it is no valid schema; its message says what is wrong.
 */
export const compileSchema = (schema: AvroSchema, { bigLong }: CompileOptions = {}): Type =>
  avsc.Type.forSchema(
    schema as ForeignSchema,
    bigLong === undefined ? {} : { typeHook: (part) => (isLong(part) ? bigLong : undefined) },
  );

/** The parsing canonical form of the Avro specification: full names, and only what bears on the bytes. */
export const canonicalForm = (schema: AvroSchema): string => JSON.stringify(compileSchema(schema).schema());

/** The CRC-64-AVRO fingerprint of the schema's parsing canonical form, unsigned. */
export const fingerprintOf = (schema: AvroSchema): bigint =>
  crc64Avro(new TextEncoder().encode(canonicalForm(schema)));

/** A fingerprint as 16 hex digits, most significant first; the header of a record has its bytes the other way round. */
export const fingerprintText = (fingerprint: bigint): string => fingerprint.toString(16).padStart(16, '0');
