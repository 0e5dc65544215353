export type { Brand } from './brand.js';
export { unreachable } from './unreachable.js';
export { micros, millis, nanos } from './time.js';
export type { Micros, Millis, Nanos } from './time.js';
export { knownKinds, phaseOf } from './hook-context.js';
export type { EventPhase, Fields, HookContext, HookResult, JsonValue } from './hook-context.js';
export { refuse } from './refusal.js';
export type { Refusal } from './refusal.js';
export { emptyFields, readJsonValue } from './fields.js';
export type { MutableFields } from './fields.js';
export { checkEvent, maxEventBytes } from './check-event.js';
export type { EventCandidate, EventReading } from './check-event.js';
export { readEvent, readEventValues } from './read-event.js';
export type { EventDefaults, EventValues, ResultValues } from './read-event.js';
export { endOfTime, readTimestamp } from './timestamp.js';
export type { TimestampReading } from './timestamp.js';
export { toJson } from './to-json.js';
export type { EventJson } from './to-json.js';
export { defaultMaxLineBytes, openLineReader } from './line-reader.js';
export type { LineOptions, LineReader, LineReading } from './line-reader.js';
export { readNdjsonBatches } from './ndjson.js';
export type { Chunks } from './ndjson.js';
export { uuidRandomBytes, uuidV7 } from './uuid.js';
export { spanScope } from './span-record.js';
export type {
  Attribute,
  AttributeValue,
  Double,
  OtelTraceId,
  SpanEvent,
  SpanId,
  SpanRecord,
  SpanStatus,
} from './span-record.js';
