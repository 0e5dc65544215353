import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningTraceStore } from './open-trace-store.js';
import { bytesField } from './testing/otlp-bytes.js';
import { connectOtlp } from './testing/otlp-client.js';
import type { OtlpClient } from './testing/otlp-client.js';
import { idsOf, ask, spansOf } from './testing/query-client.js';
import { runningStore } from './testing/running-store.js';
import { idOf, ms, now, request, span, traceOf } from './testing/small-traces.js';

describe('a trace store', () => {
  let store: RunningTraceStore;
  let client: OtlpClient;

  beforeAll(async () => {
    store = await runningStore({ maxRequestBytes: 1024 * 1024 });
    client = connectOtlp(`127.0.0.1:${store.otlpPort}`);
  });
  afterAll(async () => {
    client.close();
    await store.close();
  });

  it('shows a span as soon as its export is answered, and once however often it is sent', async () => {
    const trace = traceOf(1);
    const bytes = request('repeats', [span(trace, 1), span(trace, 1)]);
    expect(await client.send(bytes)).toHaveLength(0);
    await client.send(bytes);
    await client.send(request('repeats', [span(trace, 1), span(trace, 2)]));
    expect((await spansOf(store, trace)).map(({ spanID }) => spanID)).toEqual([idOf(1), idOf(2)]);
  });

  it('shows two spans that have one id but not one content', async () => {
    const trace = traceOf(2);
    await client.send(request('same id', [span(trace, 1), span(trace, 1, { name: 'other' })]));
    await client.send(request('same id, other resource', [span(trace, 1)]));
    expect(await spansOf(store, trace)).toHaveLength(3);
  });

  it('answers exports that come at once, each after its own spans are there', async () => {
    const counts = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const trace = traceOf(100 + index);
        await client.send(request('at once', [span(trace, 1), span(trace, 2)]));
        return (await spansOf(store, trace)).length;
      }),
    );
    expect(counts).toEqual(Array(50).fill(2));
    expect(await idsOf(store, 'service=at+once')).toHaveLength(50);
  });

  it('takes requests packed with gzip', async () => {
    const packed = connectOtlp(`127.0.0.1:${store.otlpPort}`, { gzip: true });
    await packed.send(request('packed', [span(traceOf(3), 1)]));
    packed.close();
    expect(await spansOf(store, traceOf(3))).toHaveLength(1);
  });

  it('refuses broken bytes with INVALID_ARGUMENT, stores none of them, and goes on', async () => {
    const whole = request('broken', [span(traceOf(4), 1)]);
    const broken = [whole.subarray(0, whole.length - 1), Buffer.from('no protobuf at all'), gzipSync(whole)];
    for (const bytes of broken) {
      await expect(client.send(bytes)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    }
    expect(await spansOf(store, traceOf(4))).toHaveLength(0);
    await client.send(whole);
    expect(await spansOf(store, traceOf(4))).toHaveLength(1);
  });

  it('takes an empty request', async () => {
    expect(await client.send(Buffer.alloc(0))).toHaveLength(0);
  });

  it('refuses what is too large with RESOURCE_EXHAUSTED, even where it is small while packed', async () => {
    const large = request('large', [
      span(traceOf(5), 1, { attributes: [['a', 'a'.repeat(2 * 1024 * 1024)]] }),
    ]);
    await expect(client.send(large)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    const packed = connectOtlp(`127.0.0.1:${store.otlpPort}`, { gzip: true });
    await expect(packed.send(large)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    packed.close();
    expect(await spansOf(store, traceOf(5))).toHaveLength(0);
  });

  it('stores the spans that can be asked for and says how many cannot', async () => {
    const answer = await client.send(
      request('partial', [span('', 1), span('0'.repeat(32), 2), span(traceOf(6), 3)]),
    );
    expect(answer).toEqual(
      bytesField(1, Buffer.concat([Buffer.from([8, 2]), bytesField(2, '2 spans have no trace id')])),
    );
    expect(await spansOf(store, traceOf(6))).toHaveLength(1);
  });

  it('finds the newest traces first, and only as many as asked for', async () => {
    const order = [5, 1, 9, 3, 7];
    for (const number of order) {
      const start = now - BigInt(1_000 - number) * ms;
      await client.send(request('in order', [span(traceOf(200 + number), 1, { start })]));
    }
    const wanted = [9, 7, 5, 3, 1].map((number) => traceOf(200 + number));
    expect(await idsOf(store, 'service=in+order')).toEqual(wanted);
    expect(await idsOf(store, 'service=in+order&limit=2')).toEqual(wanted.slice(0, 2));
    const end = ((now - 995n * ms) / 1_000n).toString();
    expect(await idsOf(store, `service=in+order&end=${end}`)).toEqual(wanted.slice(2));
  });

  it('finds a trace by any of its spans, however many commits brought them', async () => {
    const trace = traceOf(300);
    for (let number = 0; number < 20; number++) {
      const start = now - BigInt(number) * 60_000n * ms;
      await client.send(request('slow', [span(trace, number, { name: `step ${number}`, start })]));
    }
    for (const search of [
      'operation=step+0',
      'operation=step+19',
      `end=${((now - 18n * 60_000n * ms) / 1_000n).toString()}`,
      'minDuration=19m',
    ]) {
      expect([search, await idsOf(store, `service=slow&${search}`)]).toEqual([search, [trace]]);
    }
    expect(await idsOf(store, 'service=slow&operation=step+20')).toEqual([]);
    expect(await idsOf(store, 'service=slow&operation=step+19&minDuration=20m')).toEqual([]);
  });

  it('finds an operation in a trace that has more of them than the index lists', async () => {
    const trace = traceOf(400);
    const spans = Array.from({ length: 200 }, (_, number) => span(trace, number, { name: `op ${number}` }));
    await client.send(request('many operations', spans));
    expect(await idsOf(store, 'service=many+operations&operation=op+150')).toEqual([trace]);
    expect((await ask(store, '/api/operations?service=many+operations')).length).toBe(200);
  });

  it('answers health, readiness, metrics and a page that runs nothing but its own script', async () => {
    for (const path of ['/healthz', '/readyz']) expect((await fetch(store.queryUrl + path)).status).toBe(200);
    expect(await (await fetch(`${store.queryUrl}/metrics`)).text()).toMatch(
      /kaizen_trace_store_spans_total{[^}]*} \d+/,
    );
    const page = await fetch(store.queryUrl);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'self';/);
    expect(await page.text()).toContain('<title>kaizen-trace');
  });

  it.each(['queryPort', 'otlpPort'] as const)(
    'names the port that is in use and its variable: %s',
    async (which) => {
      const variable = which === 'queryPort' ? 'KAIZEN_QUERY_PORT' : 'KAIZEN_OTLP_PORT';
      const second = runningStore({ [which]: store[which] });
      await expect(second).rejects.toThrow(variable);
      await expect(second).rejects.toThrow(String(store[which]));
    },
  );
});

describe('a large trace', () => {
  it('is shown whole up to the limit, deep as it may be, and says where it is cut', async () => {
    const store = await runningStore({ maxTraceSpans: 50_000 });
    const client = connectOtlp(`127.0.0.1:${store.otlpPort}`);
    const trace = traceOf(7);
    const wide = Array.from({ length: 30_000 }, (_, number) => span(trace, number + 1));
    const chain = Array.from({ length: 20_000 }, (_, number) =>
      span(trace, number + 30_001, { parent: idOf(number + 30_000) }),
    );
    for (const spans of [wide, chain]) {
      for (let at = 0; at < spans.length; at += 5_000) {
        await client.send(request('large', spans.slice(at, at + 5_000)));
      }
    }
    const shown = await spansOf(store, trace);
    expect(new Set(shown.map(({ spanID }) => spanID)).size).toBe(50_000);
    expect(await idsOf(store, 'service=large&tag=a:b')).toEqual([]);
    await client.send(request('large', [span(trace, 60_000)]));
    expect((await ask(store, `/api/traces/${trace}`))[0]).toMatchObject({
      warnings: ['only 50000 spans of this trace are shown'],
    });
    client.close();
    await store.close();
  }, 60_000);
});

describe('under pressure', () => {
  it('answers UNAVAILABLE when more waits than it may hold, and takes it when it comes again', async () => {
    const store = await runningStore({ maxWaitingBytes: 1_000 });
    const client = connectOtlp(`127.0.0.1:${store.otlpPort}`);
    const sends = Array.from({ length: 40 }, (_, index) =>
      client.send(request('busy', [span(traceOf(index), 1, { attributes: [['a', 'a'.repeat(600)]] })])).then(
        () => 'stored',
        (error: unknown) => error,
      ),
    );
    const outcomes = await Promise.all(sends);
    const refused = outcomes.filter((outcome) => outcome !== 'stored');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(40);
    for (const error of refused) expect(error).toMatchObject({ code: status.UNAVAILABLE });
    const stored = outcomes.flatMap((outcome, index) => (outcome === 'stored' ? [traceOf(index)] : []));
    expect([...(await idsOf(store, 'service=busy'))].sort()).toEqual(stored.sort());
    await client.send(request('busy', [span(traceOf(50), 1)]));
    client.close();
    await store.close();
  });
});

describe('a store that is opened again', () => {
  it('has everything that it acknowledged, and numbers names on from where it was', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'kaizen-trace-store-'));
    for (const round of [1, 2]) {
      const store = await runningStore({ dataDir });
      const client = connectOtlp(`127.0.0.1:${store.otlpPort}`);
      await client.send(request(`round ${round}`, [span(traceOf(round), 1, { name: `work ${round}` })]));
      client.close();
      await store.close();
    }
    const store = await runningStore({ dataDir });
    for (const round of [1, 2]) {
      expect(await idsOf(store, `service=round+${round}&operation=work+${round}`)).toEqual([traceOf(round)]);
    }
    expect(await idsOf(store, 'service=round+1&operation=work+2')).toEqual([]);
    await store.close();
    await rm(dataDir, { recursive: true });
  });
});
