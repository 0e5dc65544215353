import { describe, expect, it } from '@jest/globals';
import type { Attribute, AttributeValue, SpanRecord } from '@kaizen-trace/contracts';
import fc from 'fast-check';
import {
  decodeResource,
  decodeScope,
  decodeSpan,
  encodeSpan,
  encodeSpans,
  splitTraceRequest,
} from './index.js';
import type { DecodedAttribute, DecodedValue } from './index.js';
import { spanArbitrary } from './testing/span-arbitraries.js';

const wellFormed = (text: string): string => text.toWellFormed();

const numberOf = (value: number, int: boolean): DecodedValue =>
  int ? { type: 'int', value: BigInt(value) } : { type: 'double', value };

const valueOf = (value: AttributeValue): DecodedValue => {
  if (typeof value === 'string') return { type: 'string', text: wellFormed(value) };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'number') return numberOf(value, Number.isSafeInteger(value));
  if ('double' in value) return { type: 'double', value: value.double };
  const ints = value.every((item) => Number.isSafeInteger(item));
  const values = value.map((item) => (typeof item === 'number' ? numberOf(item, ints) : valueOf(item)));
  return { type: 'array', values };
};

const attributesOf = (attributes: readonly Attribute[]): readonly DecodedAttribute[] =>
  attributes.map(([key, value]) => ({ key: { text: wellFormed(key) }, value: valueOf(value) }));

const codes = { unset: 0, ok: 1, error: 2 } as const;

const decodedOf = (span: SpanRecord) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  traceState: '',
  parentSpanId: span.parentSpanId ?? '',
  name: { text: wellFormed(span.name) },
  kind: span.kind === 'client' ? 3 : 1,
  start: span.start,
  end: span.end,
  attributes: attributesOf(span.attributes),
  events: span.events.map((event) => ({
    time: event.time,
    name: wellFormed(event.name),
    attributes: attributesOf(event.attributes),
  })),
  links: [],
  statusCode: codes[span.status.code],
  statusMessage: span.status.code === 'error' ? wellFormed(span.status.message) : '',
});

describe('encoding and decoding', () => {
  it('gives back every span as it was', () => {
    fc.assert(
      fc.property(spanArbitrary, (span) => {
        expect(decodeSpan(encodeSpan(span))).toMatchObject(decodedOf(span));
      }),
    );
  });

  it('gives back every request with its services and scope', () => {
    fc.assert(
      fc.property(fc.array(spanArbitrary, { maxLength: 6 }), (spans) => {
        const outcome = splitTraceRequest(encodeSpans(spans));
        expect(outcome).toMatchObject({ type: 'split', spanCount: spans.length });
        if (outcome.type === 'malformed') return;
        for (const { resource, scope, spans: inGroup } of outcome.groups) {
          const [service] = decodeResource(resource);
          expect(decodeScope(scope)).toMatchObject({ name: 'kaizen-trace', version: '1' });
          const name = service?.value.type === 'string' ? service.value.text : undefined;
          const expected = spans.filter(({ serviceName }) => serviceName === name);
          expect(inGroup.map(({ bytes }) => Buffer.compare(bytes, encodeSpan(expected.shift()!)))).toEqual(
            inGroup.map(() => 0),
          );
        }
      }),
      { numRuns: 40 },
    );
  });
});
