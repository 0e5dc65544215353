export type { Brand } from './brand.js';
export { unreachable } from './unreachable.js';
export { micros, millis, nanos } from './time.js';
export type { Micros, Millis, Nanos } from './time.js';
export { knownKinds, phaseOf } from './hook-context.js';
export type { EventPhase, Fields, HookContext, HookResult, JsonValue } from './hook-context.js';
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
