import type { Brand } from './brand.js';
import type { Nanos } from './time.js';

/** 32 lower-case hex digits, not all zero. */
export type OtelTraceId = Brand<string, 'OtelTraceId'>;

/** 16 lower-case hex digits, not all zero. */
export type SpanId = Brand<string, 'SpanId'>;

/** A number that is a double on the wire even where it has no fraction, such as `duration_ms`. */
export interface Double {
  readonly double: number;
}

/**
 * The value of an attribute. A plain number is an int where it has no fraction and a magnitude of at most 2^53−1, else a
 * double; an array of numbers is of ints only if all are. {@link Double} is a double whatever its value.
 */
export type AttributeValue =
  string | boolean | number | Double | readonly string[] | readonly boolean[] | readonly number[];

/** Key and value, in the order in which the span shows them; keys are unique within a span. */
export type Attribute = readonly [key: string, value: AttributeValue];

/** Something that happened at one moment of a span, such as an exception. */
export interface SpanEvent {
  readonly name: string;
  readonly time: Nanos;
  readonly attributes: readonly Attribute[];
  readonly droppedAttributes: number;
}

/** How the operation ended, as far as its events say. */
export type SpanStatus =
  { readonly code: 'unset' } | { readonly code: 'ok' } | { readonly code: 'error'; readonly message: string };

/** A finished span, complete: whoever encodes it adds nothing but the scope. Ends at least 1 ns after its start. */
export interface SpanRecord {
  readonly traceId: OtelTraceId;
  readonly spanId: SpanId;
  readonly parentSpanId?: SpanId;
  readonly name: string;
  readonly kind: 'internal' | 'client';
  readonly start: Nanos;
  readonly end: Nanos;
  /** The resource's `service.name`. */
  readonly serviceName: string;
  readonly attributes: readonly Attribute[];
  readonly droppedAttributes: number;
  readonly events: readonly SpanEvent[];
  readonly status: SpanStatus;
}

/** The instrumentation scope of every span. Its version is that of the folding rules, never the package's. */
export const spanScope = { name: 'kaizen-trace', version: '1' } as const;
