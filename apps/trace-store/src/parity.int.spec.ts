import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeReal } from '@kaizen-trace/testkit';
import type { RunningTraceStore } from './open-trace-store.js';
import { requestBytes } from './testing/otlp-bytes.js';
import { connectOtlp } from './testing/otlp-client.js';
import { richTraces } from './testing/rich-traces.js';
import { runningStore } from './testing/running-store.js';

interface Tag {
  readonly key: string;
}
interface Span {
  readonly spanID: string;
  readonly operationName: string;
  readonly processID: string;
  readonly warnings: readonly string[] | null;
}
interface Trace {
  readonly traceID: string;
  readonly spans: readonly Span[];
  readonly processes: Readonly<Record<string, { readonly tags: readonly Tag[] }>>;
}
interface Shown {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
}

const isTrace = (value: unknown): value is Trace =>
  typeof value === 'object' && value !== null && 'spans' in value;

const byText = (left: unknown, right: unknown): number =>
  JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;

const twice = 'duplicate span IDs; skipping clock skew adjustment';

/** What Jaeger leaves to chance: the order of spans, the numbers of processes, which of two spans with one id is told. */
const ordered = (value: unknown): unknown => {
  if (!isTrace(value)) return value;
  const { spans, processes, ...rest } = value;
  const shown = spans.map(({ processID, warnings, ...span }) => ({
    ...span,
    process: processes[processID],
    warnings: warnings?.filter((warning) => warning !== twice).sort() ?? [],
  }));
  const told = spans.filter(({ warnings }) => warnings?.includes(twice)).length;
  return { ...rest, spans: shown.sort(byText), told, processCount: Object.keys(processes).length };
};

/** Numbers above 2^53 keep their digits. */
const exact = (text: string): unknown =>
  JSON.parse(text.replace(/("(?:startTime|duration|timestamp)":)(\d{16,})/g, '$1"$2"'));

const run = randomBytes(4).toString('hex');
const base = BigInt(Math.floor(Date.now() / 1000)) * 1_000_000_000n - 60_000_000_000n;
const rich = richTraces(run, base);

await describeReal('the query API beside a real Jaeger v2', ['jaeger'], (real) => {
  let store: RunningTraceStore;

  const ask = async (base_: string, path: string): Promise<Shown> => {
    const response = await fetch(base_ + path);
    const text = await response.text();
    return { status: response.status, contentType: response.headers.get('content-type'), body: exact(text) };
  };
  const both = async (path: string): Promise<readonly [Shown, Shown]> =>
    Promise.all([ask(real.jaeger.queryUrl, path), ask(store.queryUrl, path)]);

  beforeAll(async () => {
    store = await runningStore();
    for (const address of [real.jaeger.otlpEndpoint, `127.0.0.1:${store.otlpPort}`]) {
      const client = connectOtlp(address);
      for (const request of rich.requests) await client.send(requestBytes(request));
      client.close();
    }
  });
  afterAll(() => store.close());

  const dataOf = ({ body }: Shown): readonly unknown[] | null =>
    (body as { readonly data: readonly unknown[] | null }).data;

  describe('traces by id', () => {
    for (const [name, id] of Object.entries(rich.ids)) {
      it(`shows the ${name} trace as Jaeger does`, async () => {
        const [theirs, ours] = await both(`/api/traces/${id}`);
        expect(theirs.status).toBe(200);
        expect(ours.contentType).toBe(theirs.contentType);
        expect({ ...(ours.body as object), data: dataOf(ours)!.map(ordered) }).toEqual({
          ...(theirs.body as object),
          data: dataOf(theirs)!.map(ordered),
        });
      });
    }

    it('lays out JSON over lines when asked to', async () => {
      const pretty = async (base_: string, path: string): Promise<string> =>
        (await fetch(`${base_}${path}${path.includes('?') ? '&' : '?'}prettyPrint=true`)).text();
      for (const path of [
        '/api/services/nobody/operations',
        '/api/traces?traceID=123',
        `/api/operations?service=odd-${run}&spanKind=client`,
      ]) {
        expect(await pretty(store.queryUrl, path)).toBe(await pretty(real.jaeger.queryUrl, path));
      }
      const path = `/api/traces/${rich.ids.wide}`;
      const ours = await pretty(store.queryUrl, path);
      expect(exact(ours.replaceAll(/("(?:startTime|duration|timestamp)"): /g, '$1:'))).toEqual(
        (await ask(store.queryUrl, path)).body,
      );
      expect(ours.split('\n')).toHaveLength((await pretty(real.jaeger.queryUrl, path)).split('\n').length);
    });

    it('shows a trace as stored when asked for it raw', async () => {
      const [theirs, ours] = await both(`/api/traces/${rich.ids.narrow}?raw=true`);
      expect(dataOf(ours)!.map(ordered)).toEqual(dataOf(theirs)!.map(ordered));
    });

    it('finds an id without its leading zeros, in upper case, and several at once with the unknown named', async () => {
      const short = rich.ids.narrow.replace(/^0+/, '').toUpperCase();
      for (const path of [
        `/api/traces/${short}`,
        `/api/traces?traceID=${short}&traceID=123&traceID=${rich.ids.late}&service=ignored`,
      ]) {
        const [theirs, ours] = await both(path);
        expect(dataOf(theirs)!.length).toBeGreaterThan(0);
        expect({ ...(ours.body as object), data: dataOf(ours)!.map(ordered) }).toEqual({
          ...(theirs.body as object),
          data: dataOf(theirs)!.map(ordered),
        });
      }
    });
  });

  describe('searches', () => {
    const micros = (nanoseconds: bigint): string => (nanoseconds / 1000n).toString();
    const tags = (value: object): string => `tags=${encodeURIComponent(JSON.stringify(value))}`;
    const searches: readonly string[] = [
      '',
      'operation=pre_agent_loop',
      'operation=nothing+of+the+kind',
      'operation=zero%20length',
      'limit=1',
      'limit=2',
      `start=${micros(base + 1_025_000_000n)}`,
      `end=${micros(base + 1_025_000_000n)}`,
      `start=${micros(base + 1_020_000_000n)}&end=${micros(base + 1_020_000_000n)}`,
      `start=${micros(base - 40n * 3_600_000_000_000n)}&end=${micros(base - 3_600_000_000_000n)}`,
      'start=0',
      'minDuration=1s',
      'minDuration=29h59m&start=0',
      'maxDuration=2ms',
      'minDuration=1.5ms&maxDuration=100ms',
      'maxDuration=1ns',
      tags({ session: 's-1' }),
      tags({ session: 's-1', turn: '2' }),
      tags({ score: '0.5' }),
      tags({ yes: 'true', int: '42' }),
      tags({ texts: '["a","ü","\\u003c\\u0026\\u003e","\\""]' }),
      tags({ bytes: 'AAEC/w==' }),
      tags({ nothing: '[]' }),
      tags({ map: '{"a":1,"m":{"deep":2},"z":"last"}' }),
      tags({ absent: '' }),
      tags({ 'double.huge': '1e+21' }),
      tags({ 'host.name': 'h1' }),
      tags({ 'host.name': 'h2' }),
      tags({ 'scope.key': 'scope value' }),
      tags({ 'exception.type': 'Error' }),
      tags({ 'span.kind': 'client' }),
      tags({ 'otel.status_code': 'ERROR' }),
      tags({ repeated: 'second' }),
      tags({ repeated: 'first' }),
      'tag=model:m:1',
      'tag=session:s-1&tag=score:0.5',
      `operation=pre_llm_call&${tags({ session: 's-1' })}&minDuration=1ms&limit=5`,
      'tags=null',
      'limit=+3&raw=1',
      'lookback=nonsense',
      'start=-5',
      tags({ error: 'false' }),
    ];
    for (const search of searches) {
      it(`finds the same for ?${search}`, async () => {
        const [theirs, ours] = await both(`/api/traces?service=${rich.agents}&${search}`);
        expect([ours.status, ours.contentType]).toEqual([theirs.status, theirs.contentType]);
        const sorted = (shown: Shown): unknown => dataOf(shown)?.map(ordered).sort(byText) ?? shown.body;
        expect(sorted(ours)).toEqual(sorted(theirs));
      });
    }

    it('finds failed spans by error=true, where Jaeger’s memory store takes the text for false', async () => {
      const [theirs, ours] = await both(`/api/traces?service=${rich.agents}&${tags({ error: 'true' })}`);
      const idsOf = (shown: Shown): unknown =>
        (dataOf(shown) as readonly Trace[]).map(({ traceID }) => traceID).sort();
      expect(idsOf(ours)).toEqual([rich.ids.wide, rich.ids.late]);
      expect(idsOf(theirs)).not.toContain(rich.ids.late);
    });

    it('finds what the name of another service holds', async () => {
      const [theirs, ours] = await both(`/api/traces?service=${encodeURIComponent(rich.tools)}`);
      expect(dataOf(theirs)).toHaveLength(1);
      expect(dataOf(ours)!.map(ordered)).toEqual(dataOf(theirs)!.map(ordered));
    });
  });

  describe('names', () => {
    it('lists the services', async () => {
      const [theirs, ours] = await both('/api/services');
      const own = (dataOf(theirs) as readonly string[]).filter((name) => name.includes(run)).sort();
      expect(own).toHaveLength(5);
      expect(ours).toMatchObject({ ...theirs, body: { data: own, total: own.length, errors: null } });
    });

    for (const service of [rich.agents, rich.tools, `odd-${run}`, 'nobody']) {
      const encoded = encodeURIComponent(service);
      for (const path of [
        `/api/services/${encoded}/operations`,
        `/api/operations?service=${encoded}`,
        `/api/operations?service=${encoded}&spanKind=client`,
        `/api/operations?service=${encoded}&spanKind=CLIENT`,
      ]) {
        it(`lists the same at ${path.replaceAll(run, '…')}`, async () => {
          const [theirs, ours] = await both(path);
          const sorted = (shown: Shown): Shown => ({
            ...shown,
            body: { ...(shown.body as object), data: dataOf(shown)?.toSorted(byText) ?? null },
          });
          expect(sorted(ours)).toEqual(sorted(theirs));
        });
      }
    }
  });

  describe('calls between services', () => {
    // Which of two spans with one id is the parent, Jaeger leaves to the order of their arrival.
    it('counts those of this run as Jaeger does', async () => {
      const [theirs, ours] = await both('/api/dependencies?endTs=' + (Date.now() + 60_000).toString());
      const own = (shown: Shown): unknown =>
        dataOf(shown)!
          .filter((link) => JSON.stringify(link).includes(run) && !JSON.stringify(link).includes('shared-'))
          .sort(byText);
      expect(own(theirs)).not.toHaveLength(0);
      expect(own(ours)).toEqual(own(theirs));
    });
  });

  describe('refusals', () => {
    const refusals: readonly string[] = [
      '/api/traces/123',
      '/api/traces/0',
      '/api/traces/xyz',
      '/api/traces/-1',
      '/api/traces/%20',
      '/api/traces/1234567890123456z',
      '/api/traces/z1234567890123456',
      `/api/traces/${'1'.repeat(33)}`,
      '/api/traces/123?start=x',
      '/api/traces/123?raw=maybe',
      '/api/traces',
      '/api/traces?service=',
      '/api/traces?operation=x',
      '/api/traces?service=a&limit=abc',
      '/api/traces?service=a&limit=99999999999',
      '/api/traces?service=a&start=abc',
      '/api/traces?service=a&end=1.5',
      '/api/traces?service=a&minDuration=5',
      '/api/traces?service=a&minDuration=abc',
      '/api/traces?service=a&minDuration=5parsecs',
      '/api/traces?service=a&maxDuration=.s',
      '/api/traces?service=a&minDuration=2s&maxDuration=1s',
      '/api/traces?service=a&minDuration=-',
      '/api/traces?service=a&tags=x',
      '/api/traces?service=a&tags=[]',
      '/api/traces?service=a&tags={%22a%22:1}',
      '/api/traces?service=a&tags={%22a%22:true}',
      '/api/traces?service=a&tags={%22a%22:{}}',
      '/api/traces?service=a&tags=%22text%22',
      '/api/traces?service=a&tag=nocolon',
      '/api/traces?service=a&raw=maybe',
      '/api/traces?traceID=xyz',
      '/api/traces?traceID=123',
      '/api/operations',
      '/api/operations?service=',
      '/api/dependencies?endTs=abc',
      '/api/dependencies?lookback=1h',
    ];
    for (const path of refusals) {
      it(`answers ${path} as Jaeger does`, async () => {
        const [theirs, ours] = await both(path);
        expect(ours).toEqual(theirs);
      });
    }
    it('refuses a limit below one in Jaeger’s words, but not with its 500', async () => {
      const [theirs, ours] = await both('/api/traces?service=a&limit=0');
      const words = JSON.stringify(theirs);
      expect([theirs.status, JSON.stringify(ours)]).toEqual([500, words.replaceAll('500', '400')]);
    });
  });
});
