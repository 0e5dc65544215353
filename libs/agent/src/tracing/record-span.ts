import type { Attributes, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base';
import type { Attribute, AttributeValue, SpanRecord } from '@kaizen-trace/contracts';
import { spanScope, unreachable } from '@kaizen-trace/contracts';

const billion = 1_000_000_000n;
const noLinks: Link[] = [];

/** Nanoseconds since the epoch as OpenTelemetry writes them: seconds and nanoseconds. */
export const hrTimeOf = (time: bigint): HrTime => [Number(time / billion), Number(time % billion)];

/** The same, backwards. */
export const nanosOf = ([seconds, nanos]: HrTime): bigint => BigInt(seconds) * billion + BigInt(nanos);

const plain = (value: AttributeValue): NonNullable<Attributes[string]> => {
  if (typeof value !== 'object') return value;
  return 'double' in value ? value.double : ([...value] as string[] | number[] | boolean[]);
};

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** What OpenTelemetry or somebody's code gives as an attribute; undefined where a record has no place for it. */
export const attributeValueOf = (value: unknown): AttributeValue | undefined => {
  if (isScalar(value)) return value;
  if (!Array.isArray(value)) return undefined;
  const items: readonly unknown[] = value;
  const isOfOneType = items.every((item) => isScalar(item) && typeof item === typeof items[0]);
  return isOfOneType ? (items as readonly string[]) : undefined;
};

/** Attributes as OpenTelemetry holds them. */
export const attributesObject = (attributes: readonly Attribute[]): Attributes =>
  Object.fromEntries(attributes.map(([key, value]) => [key, plain(value)]));

const statusOf = ({ status }: SpanRecord): SpanStatus => {
  switch (status.code) {
    case 'unset':
      return { code: SpanStatusCode.UNSET };
    case 'ok':
      return { code: SpanStatusCode.OK };
    case 'error':
      return { code: SpanStatusCode.ERROR, message: status.message };
    default:
      return unreachable(status);
  }
};

/**
 * A folded span as OpenTelemetry's processors and exporters read it. Holds the record; everything else is worked out when it
 * is asked for, since our own exporter asks for the record alone.
 */
export class RecordSpan implements ReadableSpan {
  readonly record: SpanRecord;
  readonly resource: Resource;
  readonly ended = true;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  readonly instrumentationScope = spanScope;
  readonly #context: SpanContext;

  constructor(record: SpanRecord, resource: Resource) {
    this.record = record;
    this.resource = resource;
    this.#context = { traceId: record.traceId, spanId: record.spanId, traceFlags: TraceFlags.SAMPLED };
  }

  get name(): string {
    return this.record.name;
  }

  get kind(): SpanKind {
    return this.record.kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL;
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  get parentSpanContext(): SpanContext {
    // OpenTelemetry has a span without parent leave this out, which `exactOptionalPropertyTypes` forbids a getter to say.
    const { traceId, parentSpanId } = this.record;
    return (
      parentSpanId === undefined
        ? undefined
        : { traceId, spanId: parentSpanId, traceFlags: TraceFlags.SAMPLED }
    ) as SpanContext;
  }

  get startTime(): HrTime {
    return hrTimeOf(this.record.start);
  }

  get endTime(): HrTime {
    return hrTimeOf(this.record.end);
  }

  get duration(): HrTime {
    return hrTimeOf(this.record.end - this.record.start);
  }

  get status(): SpanStatus {
    return statusOf(this.record);
  }

  get attributes(): Attributes {
    return attributesObject(this.record.attributes);
  }

  get droppedAttributesCount(): number {
    return this.record.droppedAttributes;
  }

  get links(): Link[] {
    return noLinks;
  }

  get events(): TimedEvent[] {
    return this.record.events.map(({ name, time, attributes, droppedAttributes }) => ({
      name,
      time: hrTimeOf(time),
      attributes: attributesObject(attributes),
      droppedAttributesCount: droppedAttributes,
    }));
  }
}
