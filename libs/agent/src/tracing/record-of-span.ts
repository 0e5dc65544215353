import type { Attributes } from '@opentelemetry/api';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Attribute, AttributeValue, OtelTraceId, SpanId, SpanRecord } from '@kaizen-trace/contracts';
import { nanos, spanScope } from '@kaizen-trace/contracts';
import { attributeValueOf, nanosOf, RecordSpan } from './record-span.js';

/** Doubles by the contract, even where they have no fraction. */
const doubles = new Set(['duration_ms', 'kaizen.clock_skew_ms']);

const valueOf = (key: string, value: Attributes[string]): AttributeValue | undefined =>
  typeof value === 'number' && doubles.has(key) ? { double: value } : attributeValueOf(value);

const attributesOf = (attributes: Attributes): readonly Attribute[] | undefined => {
  const all: Attribute[] = [];
  for (const [key, given] of Object.entries(attributes)) {
    const value = valueOf(key, given);
    if (value === undefined) return undefined;
    all.push([key, value]);
  }
  return all;
};

const eventsOf = ({ events }: ReadableSpan): SpanRecord['events'] | undefined => {
  const all: SpanRecord['events'][number][] = [];
  for (const { name, time, attributes: given = {}, droppedAttributesCount } of events) {
    const attributes = attributesOf(given);
    if (attributes === undefined) return undefined;
    all.push({
      name,
      time: nanos(nanosOf(time)),
      attributes,
      droppedAttributes: droppedAttributesCount ?? 0,
    });
  }
  return all;
};

const statusOf = ({ status: { code, message } }: ReadableSpan): SpanRecord['status'] => {
  if (code === SpanStatusCode.OK) return { code: 'ok' };
  return code === SpanStatusCode.ERROR ? { code: 'error', message: message ?? '' } : { code: 'unset' };
};

/** Whether a span is one of ours and has nothing that a record has no place for. */
const fits = (span: ReadableSpan): boolean =>
  span.instrumentationScope.name === spanScope.name &&
  span.links.length === 0 &&
  span.droppedLinksCount === 0 &&
  span.droppedEventsCount === 0 &&
  span.spanContext().traceState === undefined &&
  (span.kind === SpanKind.INTERNAL || span.kind === SpanKind.CLIENT);

/**
 * The record of a folded span, or of a span that `createSpanFromContext` began; undefined where it has more than a record
 * can say, or comes from another tracer.
 */
export const recordOf = (span: ReadableSpan): SpanRecord | undefined => {
  if (span instanceof RecordSpan) return span.record;
  if (!fits(span)) return undefined;
  const [attributes, events] = [attributesOf(span.attributes), eventsOf(span)];
  if (attributes === undefined || events === undefined) return undefined;
  const { traceId, spanId } = span.spanContext();
  const [start, end] = [nanosOf(span.startTime), nanosOf(span.endTime)];
  const parent = span.parentSpanContext;
  return {
    traceId: traceId as OtelTraceId,
    spanId: spanId as SpanId,
    ...(parent === undefined ? {} : { parentSpanId: parent.spanId as SpanId }),
    name: span.name,
    kind: span.kind === SpanKind.CLIENT ? 'client' : 'internal',
    start: nanos(start),
    // Jaeger warns of a negative duration where both are one.
    end: nanos(end > start ? end : start + 1n),
    serviceName: String(span.resource.attributes['service.name']),
    attributes,
    droppedAttributes: span.droppedAttributesCount,
    events,
    status: statusOf(span),
  };
};
