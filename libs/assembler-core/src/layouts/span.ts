import type {
  Attribute,
  HookContext,
  OtelTraceId,
  SpanEvent,
  SpanId,
  SpanRecord,
} from '@kaizen-trace/contracts';
import type { OperationEntry } from '../entries.js';
import type { Interval } from '../interval.js';
import type { CompiledSettings } from '../settings.js';
import type { Outcome } from '../status.js';
import { cut } from '../text.js';

/** An operation and the POST that closed it. */
export interface Pair {
  readonly otelId: OtelTraceId;
  /** Of the operation. */
  readonly settings: CompiledSettings;
  readonly operation: OperationEntry;
  readonly post: HookContext;
  readonly postSpanId: SpanId;
}

/** An operation that was given up. */
export interface Abandoned {
  readonly otelId: OtelTraceId;
  readonly settings: CompiledSettings;
  readonly operation: OperationEntry;
  readonly interval: Interval;
  readonly outcome: Outcome;
}

/** A POST without a PRE. */
export interface Orphan {
  readonly otelId: OtelTraceId;
  readonly settings: CompiledSettings;
  readonly post: HookContext;
  readonly spanId: SpanId;
  readonly parentSpanId: SpanId | undefined;
  readonly kind: string;
  readonly name: string | undefined;
}

/** A point event that becomes a span. */
export interface Point {
  readonly otelId: OtelTraceId;
  readonly settings: CompiledSettings;
  readonly event: HookContext;
  readonly spanId: SpanId;
  readonly parentSpanId: SpanId | undefined;
}

/** What the layouts decide of a span; the rest is the same in both. */
export interface SpanParts {
  readonly otelId: OtelTraceId;
  readonly settings: CompiledSettings;
  readonly spanId: SpanId;
  readonly parentSpanId: SpanId | undefined;
  readonly name: string;
  /** Of the operation, or the type of a point event. */
  readonly kind: string;
  readonly serviceName: string | undefined;
  readonly interval: Interval;
  readonly outcome: Outcome;
  readonly attributes: { readonly attributes: readonly Attribute[]; readonly droppedAttributes: number };
  readonly spanEvents?: readonly SpanEvent[];
}

const noEvents: readonly SpanEvent[] = [];

const eventsOf = ({ outcome, spanEvents = noEvents }: SpanParts): readonly SpanEvent[] => {
  if (outcome.exception !== undefined) return [...spanEvents, outcome.exception];
  return spanEvents.length === 0 ? noEvents : spanEvents.slice();
};

/** A finished span. */
export const spanOf = (parts: SpanParts): SpanRecord => {
  const { settings, interval, attributes, parentSpanId } = parts;
  const span: { -readonly [Field in keyof SpanRecord]: SpanRecord[Field] } = {
    traceId: parts.otelId,
    spanId: parts.spanId,
    name: cut(parts.name, settings.maxStringLength),
    kind: parts.kind === 'llm_call' ? 'client' : 'internal',
    start: interval.start,
    end: interval.end,
    serviceName: parts.serviceName ?? settings.defaultServiceName,
    attributes: attributes.attributes,
    droppedAttributes: attributes.droppedAttributes,
    events: eventsOf(parts),
    status: parts.outcome.status,
  };
  if (parentSpanId !== undefined) span.parentSpanId = parentSpanId;
  return span;
};
