import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countSpans, encodeSpans, splitRequest } from './index.js';
import { requestOf } from './testing/otlp-proto.js';
import { simple, spanArbitrary } from './testing/span-arbitraries.js';

const placed = (request: Uint8Array): readonly unknown[] =>
  requestOf(request).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ resource, scope, span }))),
  );

describe('splitting a request', () => {
  it('gives halves that hold every span once, in order, with its resource and scope', () => {
    fc.assert(
      fc.property(fc.array(spanArbitrary, { minLength: 2, maxLength: 12 }), (spans) => {
        const whole = encodeSpans(spans);
        const [front, back] = splitRequest(whole)!;
        expect([...placed(front), ...placed(back)]).toEqual(placed(whole));
        expect(placed(front)).toHaveLength(Math.ceil(spans.length / 2));
        expect(countSpans(whole)).toBe(spans.length);
      }),
      { numRuns: 40 },
    );
  });

  it('has nothing to split in one span, in none, and in bytes that are no request', () => {
    expect(splitRequest(encodeSpans([simple]))).toBeUndefined();
    expect(splitRequest(new Uint8Array(0))).toBeUndefined();
    expect(splitRequest(new Uint8Array([0xff, 0xff]))).toBeUndefined();
    expect(countSpans(new Uint8Array([0xff, 0xff]))).toBe(0);
    expect(countSpans(new Uint8Array(0))).toBe(0);
  });
});
