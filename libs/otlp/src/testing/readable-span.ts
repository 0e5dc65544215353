import type { Attribute, SpanRecord } from '@kaizen-trace/contracts';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';

type ReadableSpan = NonNullable<Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0]>[number];

const hrTime = (time: bigint): [number, number] => [Number(time / 10n ** 9n), Number(time % 10n ** 9n)];
const attributesOf = (attributes: readonly Attribute[]): object => Object.fromEntries(attributes);

/** The record as OpenTelemetry's SDK would hold it. */
export const readableSpan = (span: SpanRecord): ReadableSpan => ({
  name: span.name,
  kind: SpanKind.INTERNAL,
  spanContext: () => ({ traceId: span.traceId, spanId: span.spanId, traceFlags: 1 }),
  parentSpanContext: { traceId: span.traceId, spanId: span.parentSpanId!, traceFlags: 1 },
  startTime: hrTime(span.start),
  endTime: hrTime(span.end),
  duration: [0, 0],
  ended: true,
  status:
    span.status.code === 'error'
      ? { code: SpanStatusCode.ERROR, message: span.status.message }
      : { code: SpanStatusCode.UNSET },
  attributes: { ...attributesOf(span.attributes) },
  links: [],
  events: span.events.map((event) => ({
    name: event.name,
    time: hrTime(event.time),
    attributes: { ...attributesOf(event.attributes) },
    droppedAttributesCount: event.droppedAttributes,
  })),
  resource: {
    attributes: { 'service.name': span.serviceName },
    merge: (other) => other!,
    getRawAttributes: () => [],
  },
  instrumentationScope: { name: 'kaizen-trace', version: '1' },
  droppedAttributesCount: span.droppedAttributes,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
});
