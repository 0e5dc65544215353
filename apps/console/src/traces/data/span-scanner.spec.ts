import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JaegerSpan } from './jaeger.js';
import { spanScanner } from './span-scanner.js';

/** Values with all that could be taken for structure. */
const text = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', 'a', 'é', '😀', '\n', ' ') });
const spanLike = fc.record({
  spanID: text,
  tags: fc.array(fc.record({ key: text, value: text }), { maxLength: 3 }),
});
const trace = fc.record({
  traceID: text,
  spans: fc.array(spanLike, { maxLength: 4 }),
  processes: fc.dictionary(text, fc.record({ serviceName: text, tags: fc.array(spanLike, { maxLength: 2 }) }), {
    maxKeys: 2,
    noNullPrototype: true,
  }),
  warnings: fc.option(fc.array(text, { maxLength: 3 })),
});
const answer = fc.record({
  data: fc.option(fc.array(trace, { maxLength: 3 })),
  total: fc.nat(),
  errors: fc.option(fc.array(fc.record({ msg: text }), { maxLength: 2 })),
});

const scanned = (bytes: Uint8Array, cuts: readonly number[]) => {
  const scanner = spanScanner();
  const spans: JaegerSpan[][] = [];
  const places = [...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    for (const found of scanner.feed(bytes.subarray(from, to))) (spans[found.trace] ??= []).push(...found.spans);
    from = to;
  }
  return { spans, frame: scanner.end() };
};

describe('the scanner of the query API’s answers', () => {
  it('gives each span of each trace, and the rest, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(
        answer,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
        fc.constantFrom(0, 2),
        (given, cuts, indent) => {
          const bytes = new TextEncoder().encode(JSON.stringify(given, null, indent));
          const { spans, frame } = scanned(bytes, cuts);
          const traces = given.data ?? [];
          expect(traces.map((_, index) => spans[index] ?? [])).toEqual(traces.map((each) => each.spans));
          const bare = given.data?.map((each) => ({ ...each, spans: [] })) ?? null;
          expect(frame).toEqual({ ...given, data: bare });
        },
      ),
    );
  });

  it('gives spans before the answer has ended', () => {
    const scanner = spanScanner();
    const begun = '{"data":[{"traceID":"t","spans":[{"spanID":"1"},{"spanID":"2"},{"spa';
    expect(scanner.feed(new TextEncoder().encode(begun))).toEqual([
      { trace: 0, spans: [{ spanID: '1' }, { spanID: '2' }] },
    ]);
  });

  it('takes an answer that was cut off for none', () => {
    const scanner = spanScanner();
    scanner.feed(new TextEncoder().encode('{"data":[{"traceID":"t","spans":[{"spanID":"1"}'));
    expect(() => scanner.end()).toThrow(SyntaxError);
  });
});
