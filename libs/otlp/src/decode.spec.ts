import { describe, expect, it } from '@jest/globals';
import type { AttributeValue, SpanRecord } from '@kaizen-trace/contracts';
import fc from 'fast-check';
import { encodeSpans } from './batch-spans.js';
import { splitTraceRequest } from './decode-request.js';
import { decodeResource, decodeScope, decodeSpan } from './decode-span.js';
import type { DecodedAttribute, DecodedValue } from './decode-span.js';
import { simple, spanArbitrary } from './testing/span-arbitraries.js';

const plain = (value: DecodedValue): unknown => {
  if (value.type === 'string') return value.text;
  if (value.type === 'int') return Number(value.value);
  if (value.type === 'array') return value.values.map(plain);
  return value.type === 'bool' || value.type === 'double' ? value.value : value;
};

const given = (value: AttributeValue): unknown =>
  typeof value === 'object' && 'double' in value ? value.double : value;

const pairs = (attributes: readonly DecodedAttribute[]): unknown =>
  attributes.map(({ key, value }) => [key.text, plain(value)]);

const statusCodes = { unset: 0, ok: 1, error: 2 } as const;

const shown = (span: SpanRecord): unknown => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId ?? '',
  name: span.name,
  start: span.start,
  end: span.end,
  attributes: span.attributes.map(([key, value]) => [key, given(value)]),
  droppedAttributes: span.droppedAttributes,
  events: span.events.map((event) => [
    event.name,
    event.time,
    event.attributes.map(([key, value]) => [key, given(value)]),
  ]),
  status: [statusCodes[span.status.code], span.status.code === 'error' ? span.status.message : ''],
});

const decoded = (bytes: Uint8Array): unknown => {
  const span = decodeSpan(bytes);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name.text,
    start: span.start,
    end: span.end,
    attributes: pairs(span.attributes),
    droppedAttributes: span.droppedAttributes,
    events: span.events.map((event) => [event.name, event.time, pairs(event.attributes)]),
    status: [span.statusCode, span.statusMessage],
  };
};

const groupsOf = (bytes: Uint8Array) => {
  const outcome = splitTraceRequest(bytes);
  if (outcome.type === 'malformed') throw new Error(outcome.reason);
  return outcome.groups;
};

const request = encodeSpans([simple]);

/** AnyValue { array_value { values { … } } }, so many times. */
const nestedValue = (depth: number): Buffer => {
  let value = Buffer.alloc(0);
  const field = (number: number, content: Buffer): Buffer => {
    const length: number[] = [];
    let rest = content.length;
    for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, rest]), content]);
  };
  for (let level = 0; level < depth; level++) value = field(5, field(1, value)) as typeof value;
  const attribute = field(9, field(2, value));
  return field(1, field(2, field(2, attribute)));
};

describe('reading OTLP trace requests', () => {
  it('gives back every span that the encoder wrote, with its resource and scope', () => {
    fc.assert(
      fc.property(fc.array(spanArbitrary, { maxLength: 6 }), (spans) => {
        const groups = groupsOf(encodeSpans(spans));
        const read = groups.flatMap(({ resource, scope, spans: encoded }) =>
          encoded.map(({ bytes }) => ({
            ...(decoded(bytes) as object),
            service: pairs(decodeResource(resource)),
            scope: decodeScope(scope).name,
          })),
        );
        const wanted = spans.map((span) => ({
          ...(shown(span) as object),
          service: [['service.name', span.serviceName]],
          scope: 'kaizen-trace',
        }));
        const sorted = (list: readonly object[]) =>
          list
            .map((item) =>
              JSON.stringify(item, (_key, value: unknown) =>
                typeof value === 'bigint' ? `${value}` : value,
              ),
            )
            .sort();
        expect(sorted(read)).toEqual(sorted(wanted));
      }),
    );
  });

  it('tells what an index needs without decoding', () => {
    const [span] = groupsOf(request)[0]!.spans;
    expect(Buffer.from(span!.traceId, 'latin1').toString('hex')).toBe(simple.traceId);
    expect(Buffer.from(span!.spanId, 'latin1').toString('hex')).toBe(simple.spanId);
    expect(span).toMatchObject({
      name: simple.name,
      kind: 1,
      start: simple.start,
      end: simple.end,
      nameBroken: false,
    });
  });

  it('answers any bytes at all: as a request whose spans can be decoded, or as malformed with a reason', () => {
    const flips = fc.array(fc.tuple(fc.nat(request.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    const damaged = flips.map((changes) => {
      const bytes = Buffer.from(request);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
    const cut = fc.nat(request.length).map((length) => Buffer.from(request.subarray(0, length)));
    const any = fc.oneof(
      damaged,
      cut,
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    );
    let malformed = 0;
    fc.assert(
      fc.property(any, (bytes) => {
        const outcome = splitTraceRequest(bytes);
        if (outcome.type === 'malformed') {
          malformed++;
          expect(outcome.reason).not.toBe('');
          return;
        }
        for (const group of outcome.groups) {
          decodeResource(group.resource);
          decodeScope(group.scope);
          for (const span of group.spans) decodeSpan(span.bytes);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(malformed).toBeGreaterThan(100);
  });

  it('refuses a request that is cut anywhere but at its end', () => {
    for (let length = 1; length < request.length; length++) {
      expect([length, splitTraceRequest(request.subarray(0, length)).type]).toEqual([length, 'malformed']);
    }
  });

  it('takes values that nest deep, and refuses those that nest deeper than its bound', () => {
    const [span] = groupsOf(nestedValue(25))[0]!.spans;
    expect(decodeSpan(span!.bytes).attributes).toHaveLength(1);
    expect(splitTraceRequest(nestedValue(2_000))).toMatchObject({
      type: 'malformed',
      reason: expect.stringContaining('nest'),
    });
  });

  it('refuses ids of a wrong length and keeps the bytes of text that is not UTF-8', () => {
    expect(splitTraceRequest(Buffer.from('0a0812061204 0a020102'.replace(' ', ''), 'hex')).type).toBe(
      'malformed',
    );
    const [span] = groupsOf(Buffer.from('0a0912071205 2a0361ff62'.replace(' ', ''), 'hex'))[0]!.spans;
    expect(span).toMatchObject({ nameBroken: true, traceId: '' });
    expect(decodeSpan(span!.bytes).name).toEqual({
      text: 'a\ufffdb',
      broken: Buffer.from([0x61, 0xff, 0x62]),
    });
  });
});
