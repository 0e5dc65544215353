import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kaizen-trace/testkit';
import { connectOtlp } from './testing/otlp-client.js';
import { idsOf, spansOf } from './testing/query-client.js';
import { runningStore } from './testing/running-store.js';
import { request, span, traceOf } from './testing/small-traces.js';

const until = (what: string, condition: () => Promise<boolean>): Promise<void> =>
  eventually(what, 15_000, condition);

describe('retention', () => {
  it('removes a trace some time after its last span, from every answer', async () => {
    const store = await runningStore({ retentionMs: 1_500, sweepIntervalMs: 20 });
    const client = connectOtlp(`127.0.0.1:${store.otlpPort}`);
    await client.send(request('short', [span(traceOf(1), 1)]));
    expect(await idsOf(store, 'service=short')).toEqual([traceOf(1)]);
    await until(
      'it is gone',
      async () => (await fetch(`${store.queryUrl}/api/traces/${traceOf(1)}`)).status === 404,
    );
    expect(await idsOf(store, 'service=short')).toEqual([]);
    client.close();
    await store.close();
  });

  it('lets a trace live on that is still written to, while others of its age go', async () => {
    const store = await runningStore({ retentionMs: 1_500, sweepIntervalMs: 20 });
    const client = connectOtlp(`127.0.0.1:${store.otlpPort}`);
    await client.send(request('running', [span(traceOf(1), 0), span(traceOf(2), 0)]));
    let written = 1;
    await until('the other is gone', async () => {
      await client.send(request('running', [span(traceOf(1), written++)]));
      return (await spansOf(store, traceOf(2))).length === 0;
    });
    expect(await spansOf(store, traceOf(1))).toHaveLength(written);
    client.close();
    await store.close();
  });

  it('keeps to its size: the traces left alone the longest go, in whole, and the newest stay', async () => {
    const maxBytes = 2 * 1024 * 1024;
    const store = await runningStore({ maxBytes, sweepIntervalMs: 20 });
    const client = connectOtlp(`127.0.0.1:${store.otlpPort}`);
    const filled = 'x'.repeat(2_000);
    const traces = Array.from({ length: 60 }, (_, index) => traceOf(index));
    for (const trace of traces) {
      const spans = Array.from({ length: 50 }, (_, number) =>
        span(trace, number, { attributes: [['a', filled]] }),
      );
      await client.send(request('full', spans));
    }
    const used = async (): Promise<number> => {
      const text = await (await fetch(`${store.queryUrl}/metrics`)).text();
      return Number(/kaizen_trace_store_used_bytes{[^}]*} (\d+)/.exec(text)![1]);
    };
    await until('it is small enough', async () => (await used()) <= maxBytes);
    const counts: number[] = [];
    for (const trace of traces) counts.push((await spansOf(store, trace)).length);
    const firstKept = counts.indexOf(50);
    expect(firstKept).toBeGreaterThan(10);
    expect(counts).toEqual([...Array<number>(firstKept).fill(0), ...Array<number>(60 - firstKept).fill(50)]);
    expect(await idsOf(store, 'service=full')).toHaveLength(60 - firstKept);
    client.close();
    await store.close();
  }, 30_000);
});
