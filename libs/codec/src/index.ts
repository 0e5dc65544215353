export { createCodec, currentSchema, decodeEvent, encodeEvent, releasedSchemas } from './codec.js';
export type { Codec, CodecOptions, EventDecoding, EventEncoding } from './codec.js';
export type { WireProblem } from './wire.js';
export { canonicalForm, fingerprintOf, fingerprintText } from './avro-schema.js';
export type { AvroSchema } from './avro-schema.js';
export { crc64Avro } from './crc-64-avro.js';
