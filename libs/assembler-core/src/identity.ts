import type { OtelTraceId, SpanId } from '@kaizen-trace/contracts';

/** SHA-256 of the UTF-8 text as 64 lower-case hex digits. Injected, since the core imports nothing from Node. */
export type Sha256Hex = (text: string) => string;

const unitSeparator = '\u001f';
const callIdMark = '\u001e';
const progressMark = '\u001d';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const hex32 = /^[0-9a-f]{32}$/i;
const zeroSpanId = '0'.repeat(16);
const zeroTraceId = '0'.repeat(32);

const ownTraceId = (traceId: string): string | undefined => {
  if (traceId.length === 36 && uuid.test(traceId)) return traceId.replaceAll('-', '').toLowerCase();
  if (traceId.length === 32 && hex32.test(traceId)) return traceId.toLowerCase();
  return undefined;
};

/** The id under which a trace shows: its own where it is a UUID or 32 hex digits and not all zero, else its hash. */
export const otelTraceId = (sha256: Sha256Hex, traceId: string): OtelTraceId => {
  const own = ownTraceId(traceId);
  return (own === undefined || own === zeroTraceId ? sha256(traceId).slice(0, 32) : own) as OtelTraceId;
};

/** The span id that an identity has in a trace: the first 8 bytes of the hash, or the next 8 where they are all zero. */
export const spanIdOf = (sha256: Sha256Hex, traceId: string, identity: string): SpanId => {
  const hash = sha256(traceId + unitSeparator + identity);
  const first = hash.slice(0, 16);
  return (first === zeroSpanId ? hash.slice(16, 32) : first) as SpanId;
};

/** The identity of the placeholder of a running operation. */
export const progressIdentity = (spanId: SpanId): string => progressMark + spanId;

/** The identity of an operation that has a call_id: whoever knows the call_id knows the span id. */
export const callIdentity = (callId: string): string => callIdMark + callId;
