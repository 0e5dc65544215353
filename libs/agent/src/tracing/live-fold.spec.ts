import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { ExportResultCode } from '@opentelemetry/core';
import type { AttributeValue, SpanRecord } from '@kaizen-trace/contracts';
import { event, hooked } from './testing/tracing.js';

const attribute = (span: SpanRecord | undefined, key: string): AttributeValue | undefined =>
  span?.attributes.find(([name]) => name === key)?.[1];

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('the bounds of a hook', () => {
  it('ends the oldest operation of all traces when there are too many', async () => {
    const { hook, records } = hooked({ maxOpenOperations: 3 });
    for (const n of [1, 2, 3, 4, 5]) hook.handle(event('pre_tool_use', { traceId: `run ${n}`, data: { n } }));
    const ended = await records();
    expect(ended.map((span) => [attribute(span, 'trace_id'), span.status])).toEqual([
      ['run 1', { code: 'error', message: 'too many open operations' }],
      ['run 2', { code: 'error', message: 'too many open operations' }],
    ]);
    expect(hook.counts).toMatchObject({ opened: 5, abandoned: 2, crowdedOut: 2 });
  });

  it('forgets the oldest finished traces when there are too many, so that a repeat is a new event', async () => {
    const { hook, records } = hooked({ maxRememberedTraces: 2 });
    for (const traceId of ['a', 'b', 'c', 'a', 'c']) hook.handle(event('note', { traceId, eventId: 'same' }));
    expect((await records()).map((span) => attribute(span, 'trace_id'))).toEqual(['a', 'b', 'c', 'a']);
    expect(hook.counts).toMatchObject({ duplicates: 1 });
  });

  it('sends more at its end, and at a deadline, than the queue has room for', async () => {
    const { hook, manager } = hooked({ openTtlMs: 500 });
    for (let n = 0; n < 6_000; n += 1) hook.handle(event('pre_tool_use', { traceId: `run ${n}` }));
    await wait(900);
    expect(hook.counts).toMatchObject({ abandoned: 6_000 });
    for (let n = 0; n < 6_000; n += 1) hook.handle(event('pre_tool_use', { traceId: `again ${n}` }));
    expect(await hook.shutdown(10)).toBe(true);
    expect(manager.stats()).toMatchObject({ ended: 12_000, exported: 12_000, dropped: 0 });
  });

  it('accounts for 100,000 operations that are never closed, with memory that stays flat', async () => {
    let exported = 0;
    const { hook, manager } = hooked(
      { maxOpenOperations: 1_000 },
      {
        exporter: {
          export: (spans, done) => {
            exported += spans.length;
            done({ code: ExportResultCode.SUCCESS });
          },
          shutdown: () => Promise.resolve(),
        },
      },
    );
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const heap = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed / 2 ** 20;
    };
    let before = 0;
    for (let n = 0; n < 100_000; n += 1) {
      hook.handle(event('pre_tool_use', { traceId: `run ${n % 5_000}`, data: { tool_name: 't', n } }));
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (n === 20_000) before = heap();
    }
    expect(heap() - before).toBeLessThan(8);
    expect(await hook.shutdown(20)).toBe(true);
    const stats = manager.stats();
    expect(stats).toMatchObject({ ended: 100_000, exported, pending: 0, failed: 0, notSampled: 0 });
    expect(stats.exported + stats.dropped).toBe(100_000);
    expect(hook.counts).toMatchObject({ opened: 100_000, abandoned: 100_000 });
  }, 60_000);
});
