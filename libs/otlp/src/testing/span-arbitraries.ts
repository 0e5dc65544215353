import type {
  Attribute,
  AttributeValue,
  Nanos,
  OtelTraceId,
  SpanId,
  SpanRecord,
  SpanStatus,
} from '@kaizen-trace/contracts';
import { nanos } from '@kaizen-trace/contracts';
import fc from 'fast-check';

/** One failed tool call with a value of each type. */
export const simple: SpanRecord = {
  traceId: '550e8400e29b41d4a716446655440000' as OtelTraceId,
  spanId: '0123456789abcdef' as SpanId,
  parentSpanId: 'fedcba9876543210' as SpanId,
  name: 'post_tool_use:search',
  kind: 'internal',
  start: nanos(1_750_000_000_000_000_000n),
  end: nanos(1_750_000_000_250_000_000n),
  serviceName: 'kaizen-agents',
  attributes: [
    ['agent_id', 'a-1'],
    ['results', 3],
    ['tokens', -7],
    ['score', 0.5],
    ['cached', false],
    ['tags', ['x', 'ü']],
    ['none', []],
    ['long', 'é'.repeat(300)],
  ],
  droppedAttributes: 2,
  events: [
    {
      name: 'exception',
      time: nanos(1_750_000_000_250_000_000n),
      attributes: [['exception.type', 'E']],
      droppedAttributes: 1,
    },
  ],
  status: { code: 'error', message: 'no such page' },
};

// Text with everything that UTF-8 makes hard: emoji, controls; strings long enough for the native encoder.
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 300 }));
const anyDouble = fc.double();
const valueArbitrary: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  fc.boolean(),
  anyDouble,
  fc.maxSafeInteger(),
  anyDouble.map((double) => ({ double })),
  fc.array(text, { maxLength: 4 }),
  fc.array(fc.boolean(), { maxLength: 4 }),
  fc.array(fc.oneof(fc.maxSafeInteger(), anyDouble), { maxLength: 4 }),
  fc.array(fc.maxSafeInteger(), { maxLength: 4 }),
);
const attributesArbitrary: fc.Arbitrary<readonly Attribute[]> = fc.uniqueArray(
  fc.tuple(text, valueArbitrary),
  { maxLength: 10, selector: ([key]) => key },
);
const idArbitrary = (digits: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.integer({ min: 0, max: 15 }).map((digit) => digit.toString(16)),
    minLength: digits,
    maxLength: digits,
  });
const nanosArbitrary: fc.Arbitrary<Nanos> = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(nanos);
const countArbitrary = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const spanIdArbitrary = idArbitrary(16) as fc.Arbitrary<SpanId>;

const spanWithoutParent: fc.Arbitrary<SpanRecord> = fc.record<SpanRecord>({
  traceId: idArbitrary(32) as fc.Arbitrary<OtelTraceId>,
  spanId: spanIdArbitrary,
  name: text,
  kind: fc.constantFrom('internal', 'client'),
  start: nanosArbitrary,
  end: nanosArbitrary,
  serviceName: fc.constantFrom('a', 'b', 'ü'.repeat(200)),
  attributes: attributesArbitrary,
  droppedAttributes: countArbitrary,
  events: fc.array(
    fc.record({
      name: text,
      time: nanosArbitrary,
      attributes: attributesArbitrary,
      droppedAttributes: countArbitrary,
    }),
    { maxLength: 3 },
  ),
  status: fc.oneof(
    fc.constantFrom<SpanStatus>({ code: 'unset' }, { code: 'ok' }),
    text.map((message): SpanStatus => ({ code: 'error', message })),
  ),
});

/** Any span record: every type of value, hard text, extreme numbers. */
export const spanArbitrary: fc.Arbitrary<SpanRecord> = fc
  .tuple(spanWithoutParent, fc.option(spanIdArbitrary))
  .map(([span, parentSpanId]) => (parentSpanId === null ? span : { ...span, parentSpanId }));
