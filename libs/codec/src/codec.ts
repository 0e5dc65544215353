import { Buffer } from 'node:buffer';
import { checkEvent, maxEventBytes } from '@kaizen-trace/contracts';
import type { EventCandidate, HookContext } from '@kaizen-trace/contracts';
import { compileSchema, fingerprintOf, fingerprintText } from './avro-schema.js';
import type { AvroSchema } from './avro-schema.js';
import { bigLong } from './big-long.js';
import { mapsAsEntries } from './entries.js';
import type { Entry } from './entries.js';
import { compileExtentCheck } from './extent.js';
import { hookContextV1 } from './hook-context-v1.js';
import { openCurrentReader } from './read-current.js';
import { hasHeader, headerBytes, writeHeader } from './single-object.js';
import { fromWire, toWire } from './wire.js';
import type { WireEvent, WireProblem, WireValue } from './wire.js';

/** How an encoding ended. */
export type EventEncoding =
  | { readonly type: 'encoded'; readonly bytes: Uint8Array }
  /** `size` is what the record would have had, in bytes; the limit is `maxEventBytes`. */
  | { readonly type: 'too-large'; readonly size: number };

/** How a decoding ended. Whatever is not `decoded` belongs to the dead letters, with the reason. */
export type EventDecoding =
  | { readonly type: 'decoded'; readonly event: HookContext }
  /** The writer's schema is not among those of the codec. `fingerprint`: 16 hex digits, most significant first. */
  | { readonly type: 'unknown-schema'; readonly fingerprint: string }
  /** The bytes are no record of their schema. */
  | WireProblem;

/** Which schemas a codec knows beside its own. */
export interface CodecOptions {
  /** Schemas that records may also have been written with, beside the released ones; each resolves to the newest. */
  readonly extraWriterSchemas?: readonly AvroSchema[];
}

/** Events to single-object records and back. Not to be shared between threads. */
export interface Codec {
  /**
   * Encodes a valid event with the newest schema.
   *
   * @throws Error where `event` has a field of a wrong type: a bug of the caller, not an outcome.
   */
  readonly encodeEvent: (event: HookContext) => EventEncoding;
  /**
   * Decodes a record of any known schema, and holds it against the rules of the contract. Never throws, and takes no
   * more time or memory than its bytes warrant, whatever lengths they claim. Invalid UTF-8 in a string is read as
   * U+FFFD, as Avro's other readers do.
   */
  readonly decodeEvent: (bytes: Uint8Array) => EventDecoding;
}

/** The schema that events are written with. */
export const currentSchema: AvroSchema = hookContextV1;

/** Every schema that was ever released: their records stay readable for ever. */
export const releasedSchemas: readonly AvroSchema[] = [hookContextV1];

/** Reads a whole record of one schema; undefined where its body does not fit the schema. */
type RecordReader = (bytes: Buffer) => EventCandidate | WireProblem | undefined;

/** What it takes to read the records of one schema. The halves of its fingerprint are as the header has them. */
interface Writer {
  readonly low: number;
  readonly high: number;
  readonly read: RecordReader;
}

type WireRecord = WireEvent<readonly Entry<WireValue>[]>;

/**
 * Reads records of any schema that resolves to the current one, by avsc.
 *
 * @throws Error where the schema is invalid or does not resolve.
 */
export const openResolvingReader = (schema: AvroSchema): RecordReader => {
  const reader = compileSchema(mapsAsEntries(currentSchema), { bigLong });
  const resolver = reader.createResolver(compileSchema(mapsAsEntries(schema)));
  const fits = compileExtentCheck(schema);
  return (bytes) => {
    if (!fits(bytes, headerBytes)) return undefined;
    return fromWire(reader.decode(bytes, headerBytes, resolver).value as WireRecord);
  };
};

const writerOf = (schema: AvroSchema): Writer => {
  const fingerprint = fingerprintOf(schema);
  return {
    low: Number(fingerprint & 0xffff_ffffn),
    high: Number(fingerprint >> 32n),
    read: schema === currentSchema ? openCurrentReader() : openResolvingReader(schema),
  };
};

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const decodeWith = (read: RecordReader, bytes: Buffer): EventDecoding => {
  const candidate = read(bytes);
  if (candidate === undefined)
    return { type: 'broken', reason: 'the body does not fit its schema: cut short, too long, or damaged' };
  if ('type' in candidate) return candidate;
  const reading = checkEvent(candidate);
  return reading.type === 'accepted'
    ? { type: 'decoded', event: reading.event }
    : { type: 'invalid', field: reading.field, reason: reading.reason };
};

const openDecoder = (schemas: readonly AvroSchema[]): Codec['decodeEvent'] => {
  const writers = schemas.map(writerOf);
  return (bytes) => {
    if (!hasHeader(bytes)) return { type: 'broken', reason: 'is no Avro single-object record' };
    const buffer = asBuffer(bytes);
    const low = buffer.readUInt32LE(2);
    const high = buffer.readUInt32LE(6);
    const writer = writers.find((known) => known.low === low && known.high === high);
    if (writer === undefined)
      return { type: 'unknown-schema', fingerprint: fingerprintText(buffer.readBigUInt64LE(2)) };
    if (bytes.length > maxEventBytes)
      return { type: 'invalid', field: null, reason: `has more than ${maxEventBytes} bytes` };
    try {
      return decodeWith(writer.read, buffer);
    } catch (error) {
      return { type: 'broken', reason: `the body cannot be read: ${String(error)}` };
    }
  };
};

const openEncoder = (): Codec['encodeEvent'] => {
  const type = compileSchema(currentSchema, { bigLong });
  const fingerprint = fingerprintOf(currentSchema);
  let scratch: Buffer | undefined;
  return (event) => {
    if (scratch === undefined) {
      scratch = Buffer.allocUnsafeSlow(maxEventBytes);
      writeHeader(scratch, fingerprint);
    }
    const end = type.encode(toWire(event), scratch, headerBytes);
    // A negative end is the number of bytes that the buffer lacks.
    if (end < 0) return { type: 'too-large', size: maxEventBytes - end };
    return { type: 'encoded', bytes: Buffer.from(scratch.subarray(0, end)) };
  };
};

/**
 * A codec that writes the newest schema and reads every released one and `extraWriterSchemas`.
 *
 * @throws Error where an extra schema is invalid or cannot be resolved to the newest.
 */
export const createCodec = ({ extraWriterSchemas = [] }: CodecOptions = {}): Codec => ({
  encodeEvent: openEncoder(),
  decodeEvent: openDecoder([...releasedSchemas, ...extraWriterSchemas]),
});

const released = createCodec();

/** {@link Codec.encodeEvent} with the newest schema. */
export const encodeEvent = released.encodeEvent;

/** {@link Codec.decodeEvent} for every released schema. */
export const decodeEvent = released.decodeEvent;
