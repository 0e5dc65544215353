import { describe, expect, it } from '@jest/globals';
import type { Attribute, AttributeValue } from '@kaizen-trace/contracts';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import fc from 'fast-check';
import { encodeSpan, encodeSpans } from './index.js';
import type { Any } from './testing/otlp-proto.js';
import { messageOf, parse } from './testing/otlp-proto.js';
import { readableSpan } from './testing/readable-span.js';
import { simple, spanArbitrary } from './testing/span-arbitraries.js';

describe('a span in OTLP', () => {
  it('is read by an independent protobuf parser as what the record says', () => {
    fc.assert(
      fc.property(spanArbitrary, (span) => {
        expect(parse('Span', encodeSpan(span))).toEqual(messageOf(span));
      }),
    );
  });

  it('keeps the type of each number', () => {
    const numbers: readonly (readonly [AttributeValue, Any])[] = [
      [0, { intValue: '0' }],
      [-0, { intValue: '0' }],
      [2.0, { intValue: '2' }],
      [-1, { intValue: '-1' }],
      [2 ** 31, { intValue: '2147483648' }],
      [2 ** 32, { intValue: '4294967296' }],
      [-(2 ** 32), { intValue: '-4294967296' }],
      [Number.MAX_SAFE_INTEGER, { intValue: '9007199254740991' }],
      [Number.MIN_SAFE_INTEGER, { intValue: '-9007199254740991' }],
      [2 ** 53, { doubleValue: 2 ** 53 }],
      [1e300, { doubleValue: 1e300 }],
      [Number.NaN, { doubleValue: Number.NaN }],
      [Number.NEGATIVE_INFINITY, { doubleValue: Number.NEGATIVE_INFINITY }],
      [{ double: 12 }, { doubleValue: 12 }],
      [[1, -2], { arrayValue: { values: [{ intValue: '1' }, { intValue: '-2' }] } }],
      [[1, 0.5], { arrayValue: { values: [{ doubleValue: 1 }, { doubleValue: 0.5 }] } }],
      [[], { arrayValue: { values: [] } }],
    ];
    const span = { ...simple, attributes: numbers.map(([value], i): Attribute => [`n${i}`, value]) };
    const { attributes } = parse('Span', encodeSpan(span)) as { readonly attributes: readonly Any[] };
    expect(attributes.map(({ value }) => value)).toEqual(numbers.map(([, wire]) => wire));
  });

  it('turns a lone surrogate into U+FFFD, in short text and in long', () => {
    for (const prefix of ['', 'x'.repeat(100)]) {
      const span = encodeSpan({ ...simple, attributes: [['k', `${prefix}\ud800`]] });
      expect(parse('Span', span)).toMatchObject({
        attributes: [{ key: 'k', value: { stringValue: `${prefix}\ufffd` } }],
      });
    }
  });

  it('is byte-identical for equal records, whatever was encoded before', () => {
    fc.assert(
      fc.property(spanArbitrary, spanArbitrary, (span, other) => {
        const first = encodeSpan(span);
        encodeSpan(other);
        expect(Buffer.compare(encodeSpan(structuredClone(span)), first)).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it("says what OpenTelemetry's own serializer says, apart from the flags and written defaults", () => {
    const own = parse('Request', encodeSpans([simple]));
    const theirs = parse('Request', ProtobufTraceSerializer.serializeRequest([readableSpan(simple)])!);
    const written = JSON.stringify(theirs, (key, value: unknown) =>
      key === 'flags' || ((key.startsWith('dropped') || key === 'schemaUrl') && value === 0)
        ? undefined
        : value,
    );
    expect(own).toEqual(JSON.parse(written));
  });
});
