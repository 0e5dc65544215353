import type { Attribute, AttributeValue, SpanEvent, SpanRecord, SpanStatus } from '@kaizen-trace/contracts';
import Long from 'long';
import protobuf from 'protobufjs';

protobuf.util.Long = Long;
protobuf.configure();

// The messages of opentelemetry-proto v1 as far as we write them, read by a parser that is not ours.
const { root } = protobuf.parse(`syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
  message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
  message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
  message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4;
    fixed32 flags = 16; string name = 5; int32 kind = 6; fixed64 start = 7; fixed64 end = 8;
    repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10; repeated Event events = 11;
    uint32 dropped_events_count = 12; uint32 dropped_links_count = 14; Status status = 15; }
  message Event { fixed64 time = 1; string name = 2; repeated KeyValue attributes = 3;
    uint32 dropped_attributes_count = 4; }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3;
    double double_value = 4; ArrayValue array_value = 5; } }
  message ArrayValue { repeated AnyValue values = 1; }`);

/** Reads `bytes` as the message `type`, int64 as decimal text, bytes as arrays. */
export const parse = (type: string, bytes: Uint8Array): unknown => {
  const message = root.lookupType(type);
  return message.toObject(message.decode(bytes), { longs: String, bytes: Array, arrays: true });
};

const hex = (digits: string): readonly number[] => Array.from(Buffer.from(digits, 'hex'));

/** An AnyValue as parsed. */
export type Any = Readonly<Record<string, unknown>>;
const anyNumber = (value: number, asInt: boolean): Any =>
  asInt ? { intValue: BigInt(value).toString() } : { doubleValue: value };

/** What the contract says that a value is on the wire. */
const anyValue = (value: AttributeValue): Any => {
  if (typeof value === 'string') return { stringValue: Buffer.from(value).toString() };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return anyNumber(value, Number.isSafeInteger(value));
  if ('double' in value) return { doubleValue: value.double };
  const ints = value.every((item) => Number.isSafeInteger(item));
  return {
    arrayValue: {
      values: value.map((item) => (typeof item === 'number' ? anyNumber(item, ints) : anyValue(item))),
    },
  };
};
const keyValues = (attributes: readonly Attribute[]): unknown =>
  attributes.map(([key, value]) => ({ key: Buffer.from(key).toString(), value: anyValue(value) }));

const statusOf = (status: SpanStatus): object | undefined => {
  if (status.code === 'unset') return undefined;
  if (status.code === 'ok') return { code: 1 };
  return { code: 2, ...(status.message === '' ? {} : { message: status.message }) };
};

const eventOf = (event: SpanEvent): object => ({
  time: event.time.toString(),
  ...(event.name === '' ? {} : { name: event.name }),
  attributes: keyValues(event.attributes),
  ...(event.droppedAttributes === 0 ? {} : { droppedAttributesCount: event.droppedAttributes }),
});

/** The Span message that the contract wants of a record, in the shape of {@link parse}. */
export const messageOf = (span: SpanRecord): object => {
  const status = statusOf(span.status);
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: hex(span.parentSpanId) }),
    ...(span.name === '' ? {} : { name: span.name }),
    kind: span.kind === 'internal' ? 1 : 3,
    start: span.start.toString(),
    end: span.end.toString(),
    attributes: keyValues(span.attributes),
    ...(span.droppedAttributes === 0 ? {} : { droppedAttributesCount: span.droppedAttributes }),
    events: span.events.map(eventOf),
    ...(status === undefined ? {} : { status }),
  };
};

/** A parsed `ExportTraceServiceRequest`. */
export interface ParsedRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly value: Any }[] };
    readonly scopeSpans: readonly { readonly scope: unknown; readonly spans: readonly object[] }[];
  }[];
}
/** Reads an `ExportTraceServiceRequest`. */
export const requestOf = (bytes: Uint8Array): ParsedRequest => parse('Request', bytes) as ParsedRequest;
