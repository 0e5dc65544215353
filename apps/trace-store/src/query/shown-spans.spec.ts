import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adjustTrace } from '../jaeger/adjust.js';
import { jaegerSpansFrom } from '../jaeger/from-otlp.js';
import type { JaegerSpan } from '../jaeger/model.js';
import { traceJson } from '../jaeger/to-json.js';
import { decodeStored } from '../store/trace-reader.js';
import type { EncodedStoredSpan } from '../store/trace-reader.js';
import { TraceStore } from '../store/trace-store.js';
import { requestBytes } from '../testing/otlp-bytes.js';
import type { GroupInput, SpanInput } from '../testing/otlp-bytes.js';
import { richTraces } from '../testing/rich-traces.js';
import { shownSpans } from './shown-spans.js';

const idOf = (number: number): string => number.toString(16).padStart(16, '0');
const base = 1_750_000_000_000_000_000n;

const byStart = (left: JaegerSpan, right: JaegerSpan): number => {
  if (left.start !== right.start) return left.start < right.start ? -1 : 1;
  return left.spanId < right.spanId ? -1 : 1;
};

/** All spans decoded at once and adjusted together, as the rule is written in Jaeger. */
const together = (stored: readonly EncodedStoredSpan[], raw: boolean): readonly JaegerSpan[] => {
  const spans = jaegerSpansFrom(stored.map(decodeStored));
  return (raw ? spans : [...adjustTrace(spans)]).sort(byStart);
};

const json = (spans: Iterable<JaegerSpan>): string => [...traceJson(spans, [])].join('');

describe('the spans of a trace as the query API shows them', () => {
  let folder: string;
  let store: TraceStore;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-shown-'));
    const limits = { retentionMs: Infinity, maxBytes: 2 ** 30, maxWaitingBytes: 2 ** 26 };
    store = new TraceStore(folder, { ...limits, sweepIntervalMs: 3_600_000 });
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const stored = async (trace: string, groups: readonly GroupInput[]): Promise<EncodedStoredSpan[]> => {
    const outcome = await store.export(requestBytes(groups));
    expect(outcome.type).not.toBe('malformed');
    const spans: EncodedStoredSpan[] = [];
    for await (const chunk of store.readEncoded(trace)) spans.push(...chunk);
    return spans;
  };

  it('are the same one by one as all together, whatever the spans hold', async () => {
    const rich = richTraces(randomBytes(4).toString('hex'), base);
    const groups = rich.requests.flat();
    for (const trace of Object.values(rich.ids)) {
      const spans = await stored(trace, groups);
      expect(spans.length).toBeGreaterThan(0);
      for (const raw of [false, true]) expect(json(shownSpans(spans, raw))).toBe(json(together(spans, raw)));
    }
  });

  const small = fc.integer({ min: 0, max: 8 });
  const placedSpan = fc.record({
    parent: small,
    start: fc.integer({ min: 0, max: 9 }),
    length: fc.integer({ min: -2, max: 9 }),
    kind: fc.integer({ min: 0, max: 5 }),
    link: fc.option(fc.record({ id: small, type: fc.constantFrom('child_of', 'follows_from') })),
    host: fc.integer({ min: 0, max: 2 }),
  });
  const hosts: readonly GroupInput['resource'][] = [
    [],
    [['ip', '10.0.0.1']],
    [
      ['ip', 0x0a000002n],
      ['ip', 'other'],
    ],
  ];

  it('are the same one by one as all together, wherever parents, links, times and hosts point', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(placedSpan, { minLength: 1, maxLength: 8 }), async (placed) => {
        const trace = randomBytes(16).toString('hex');
        const groups = placed.map(({ parent, start, length, kind, link, host }, index): GroupInput => {
          const begin = base + BigInt(start);
          const span: SpanInput = {
            trace,
            id: idOf(index + 1),
            // 0 is none, itself is possible, and some are in no span.
            ...(parent > 0 && { parent: idOf(parent) }),
            name: 'work',
            kind,
            start: begin,
            end: begin + BigInt(length),
            ...(link !== null && {
              links: [{ trace, id: idOf(link.id), attributes: [['opentracing.ref_type', link.type]] }],
            }),
          };
          return { resource: [['service.name', 'one'], ...hosts[host]!], spans: [span] };
        });
        const spans = await stored(trace, groups);
        for (const raw of [false, true])
          expect(json(shownSpans(spans, raw))).toBe(json(together(spans, raw)));
      }),
      { numRuns: 150 },
    );
  });

  it('come one by one: the first before the last was decoded', async () => {
    const trace = randomBytes(16).toString('hex');
    const spans = Array.from({ length: 20_000 }, (_, index): SpanInput => {
      const start = base + BigInt(index);
      const attributes: SpanInput['attributes'] = [
        ['agent_id', 'lead'],
        ['path', 'src/a.ts'],
        ['bytes', BigInt(index)],
        ['tool_name', 'read_file'],
      ];
      return { trace, id: idOf(index + 1), name: 'work', start, end: start + 1_000n, attributes };
    });
    const all = await stored(trace, [{ resource: [['service.name', 'one']], spans }]);
    expect(all).toHaveLength(20_000);
    const cpu = (since?: NodeJS.CpuUsage): number => {
      const { user, system } = process.cpuUsage(since);
      return user + system;
    };
    // Shares of one run, so that a busy machine changes neither; the best of some runs.
    const shares = Array.from({ length: 5 }, () => {
      const begin = process.cpuUsage();
      const pieces = traceJson(shownSpans(all, false), []);
      pieces.next();
      const first = cpu(begin);
      for (const piece of pieces) expect(piece.length).toBeGreaterThan(0);
      return first / cpu(begin);
    });
    expect(Math.min(...shares)).toBeLessThan(0.5);
  });
});
