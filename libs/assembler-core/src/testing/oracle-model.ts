import { createHash } from 'node:crypto';
import type { HookContext, OtelTraceId, SpanEvent, SpanId } from '@kaizen-trace/contracts';
import { phaseOf } from '@kaizen-trace/contracts';

/** An operation that is open: a PRE whose POST has not come. */
export interface OpenOperation {
  readonly offset: bigint;
  readonly appendTime: number;
  readonly event: HookContext;
  readonly kind: string;
  readonly name: string | undefined;
  readonly toolName: string | undefined;
  readonly spanId: SpanId;
  readonly parent: SpanId | undefined;
  parentClosed: boolean;
  readonly spanEvents: SpanEvent[];
}

/** A POST that waits for its PRE. */
export interface HeldPost {
  readonly offset: bigint;
  readonly appendTime: number;
  readonly event: HookContext;
  readonly kind: string;
  readonly name: string | undefined;
  readonly spanId: SpanId;
  readonly parent: SpanId | undefined;
}

/** All that is known of a trace, in plain arrays, oldest first. */
export interface OracleTrace {
  readonly traceId: string;
  open: OpenOperation[];
  held: HeldPost[];
  root: { readonly operation: OpenOperation; closed: boolean } | undefined;
  greatest: bigint;
  lastAppendTime: number;
  eventIds: string[];
  callIds: string[];
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

// A UUID without its dashes, or 32 hex digits, in lower case and not all zero, is the id; else the hash's first 16 bytes.
export const oracleTraceId = (traceId: string): OtelTraceId => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
  const plain = /^[0-9a-f]{32}$/i;
  const digits = traceId.toLowerCase().replaceAll('-', '');
  const own = (uuid.test(traceId) || plain.test(traceId)) && digits !== '0'.repeat(32);
  return (own ? digits : sha256(traceId).slice(0, 32)) as OtelTraceId;
};

// The first 8 bytes of the hash of trace id, unit separator and identity; the next 8 where they are all zero.
export const oracleSpanId = (traceId: string, identity: string): SpanId => {
  const hash = sha256(`${traceId}\u001f${identity}`);
  const first = hash.slice(0, 16);
  return (first === '0'.repeat(16) ? hash.slice(16, 32) : first) as SpanId;
};

// Who knows a call_id knows the span id: a PRE's identity is the record separator and its call_id.
export const spanIdOfCall = (traceId: string, callId: string): SpanId =>
  oracleSpanId(traceId, `\u001e${callId}`);

const nonEmpty = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A non-empty string from `data`, else from `metadata`. */
export const textField = (event: HookContext, key: string): string | undefined =>
  nonEmpty(Object.entries(event.data).find(([name]) => name === key)?.[1]) ??
  nonEmpty(Object.entries(event.metadata).find(([name]) => name === key)?.[1]);

// Tools, models and specialists have names; other kinds have none.
export const operationName = (event: HookContext): string | undefined => {
  const { kind } = phaseOf(event.eventType);
  if (kind === 'tool_use') return textField(event, 'tool_name');
  if (kind === 'llm_call') return textField(event, 'model');
  if (kind === 'specialist_invoke') return textField(event, 'specialist_name');
  return undefined;
};
