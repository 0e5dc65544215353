import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeSpans } from './batch-spans.js';
import { splitTraceRequest } from './decode-request.js';
import { decodeSpan } from './decode-span.js';
import { outlineSpan } from './outline-span.js';
import { spanArbitrary } from './testing/span-arbitraries.js';

const onlySpanOf = (request: Uint8Array): Uint8Array => {
  const outcome = splitTraceRequest(request);
  if (outcome.type === 'malformed') throw new Error(outcome.reason);
  return outcome.groups[0]!.spans[0]!.bytes;
};

describe('the outline of an encoded span', () => {
  it('says what decoding the whole span says', () => {
    fc.assert(
      fc.property(spanArbitrary, (span) => {
        const bytes = onlySpanOf(encodeSpans([span]));
        const { spanId, parentSpanId, start, end, links } = decodeSpan(bytes);
        expect(outlineSpan(bytes)).toEqual({ spanId, parentSpanId, start, end, hasLinks: links.length > 0 });
      }),
    );
  });

  it('takes the last of a field that stands twice, as protobuf does, and sees a link', () => {
    const id = (digit: number): number[] => [0x12, 8, ...Array<number>(8).fill(digit)];
    const outline = outlineSpan(Buffer.from([...id(1), 0x6a, 0, ...id(2)]));
    expect(outline).toEqual({
      spanId: '0202020202020202',
      parentSpanId: '',
      start: 0n,
      end: 0n,
      hasLinks: true,
    });
  });

  it('refuses bytes that end within a field', () => {
    expect(() => outlineSpan(Buffer.from([0x12, 8, 1]))).toThrow('ends in the middle');
  });
});
