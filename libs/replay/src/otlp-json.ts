import type { DecodedAttribute, DecodedSpan, DecodedValue } from '@kaizen-trace/otlp';
import { decodeResource, decodeScope, decodeSpan, splitTraceRequest } from '@kaizen-trace/otlp';
import { unreachable } from '@kaizen-trace/contracts';

// OTLP's JSON: ids in hex, 64-bit numbers as strings, enums as numbers, names in lowerCamelCase.
type Json = Readonly<Record<string, unknown>>;

const doubleOf = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

const valueOf = (value: DecodedValue): Json => {
  switch (value.type) {
    case 'empty':
      return {};
    case 'string':
      return { stringValue: value.text };
    case 'bool':
      return { boolValue: value.value };
    case 'int':
      return { intValue: String(value.value) };
    case 'double':
      return { doubleValue: doubleOf(value.value) };
    case 'bytes':
      return { bytesValue: Buffer.from(value.value).toString('base64') };
    case 'array':
      return { arrayValue: { values: value.values.map(valueOf) } };
    case 'map':
      return { kvlistValue: { values: attributesOf(value.entries) } };
    default:
      return unreachable(value);
  }
};

const attributesOf = (attributes: readonly DecodedAttribute[]): readonly Json[] =>
  attributes.map(({ key, value }) => ({ key: key.text, value: valueOf(value) }));

const droppedOf = (count: number): Json => (count === 0 ? {} : { droppedAttributesCount: count });

const statusOf = ({ statusCode, statusMessage }: DecodedSpan): Json => ({
  ...(statusMessage === '' ? {} : { message: statusMessage }),
  ...(statusCode === 0 ? {} : { code: statusCode }),
});

const spanOf = (span: DecodedSpan): Json => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentSpanId === '' ? {} : { parentSpanId: span.parentSpanId }),
  ...(span.flags === 0 ? {} : { flags: span.flags }),
  name: span.name.text,
  kind: span.kind,
  startTimeUnixNano: String(span.start),
  endTimeUnixNano: String(span.end),
  attributes: attributesOf(span.attributes),
  ...droppedOf(span.droppedAttributes),
  ...(span.events.length === 0
    ? {}
    : {
        events: span.events.map((each) => ({
          timeUnixNano: String(each.time),
          name: each.name,
          attributes: attributesOf(each.attributes),
          ...droppedOf(each.droppedAttributes),
        })),
      }),
  status: statusOf(span),
});

/**
 * One `ExportTraceServiceRequest` in OTLP's JSON encoding, on one line. Covers what kaizen-trace writes: no links.
 *
 * @throws Error where the bytes are no such request: a bug of whoever encoded them.
 */
export const requestToJson = (request: Uint8Array): string => {
  const split = splitTraceRequest(request);
  if (split.type === 'malformed') throw new Error(`an OTLP request of ours is malformed: ${split.reason}`);
  return JSON.stringify({
    resourceSpans: split.groups.map(({ resource, scope, spans }) => {
      const { name, version } = decodeScope(scope);
      return {
        resource: { attributes: attributesOf(decodeResource(resource)) },
        scopeSpans: [
          { scope: { name, version }, spans: spans.map(({ bytes }) => spanOf(decodeSpan(bytes))) },
        ],
      };
    }),
  });
};
