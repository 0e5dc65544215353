import { get } from 'node:http';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Gateway, PipelineJson } from '@kaizen-trace/gateway';
import type { LogConnection } from '@kaizen-trace/ports';
import {
  acceptSpans,
  failWith,
  startOtlpBackend,
  type OtlpAnswer,
  type OtlpBackend,
} from '@kaizen-trace/testkit';
import { listen } from './event-source.js';
import { eventually, operate, type Operated } from './operated.js';

/** Publishes events, and fails unless all are taken. */
export const publish = async (gateway: Gateway, batch: readonly unknown[]): Promise<void> => {
  const answer = await fetch(`${gateway.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(batch),
  });
  if (answer.status !== 202) throw new Error(`publishing was answered ${answer.status}`);
};

/** The pipeline as it is now. */
export const pipelineOf = async (gateway: Gateway): Promise<PipelineJson> =>
  (await (await fetch(`${gateway.url}/api/pipeline`)).json()) as PipelineJson;

/** The status with which an address answers who asks for it under another name. */
const statusUnder = (host: string, address: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(address, { agent: false, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });

const traces = 30;

/** A loop that stays open, with a call that has ended, in each trace. */
const events = (): readonly unknown[] =>
  Array.from({ length: traces }, (_, n) => {
    const shared = { trace_id: `trace-${n}`, agent_id: 'agent', data: { tool_name: 'search' } };
    const types = ['pre_agent_loop', 'pre_tool_use', 'post_tool_use'];
    return types.map((type) => ({ ...shared, event_type: type }));
  }).flat();

/** The pipeline through the operating API, on any log. */
export const describePipelineApi = (
  name: string,
  open: () => Promise<{
    connect(): Promise<LogConnection>;
    readonly prefix: string;
    dispose(): Promise<void>;
  }>,
): void => {
  describe(name, () => {
    let place: Awaited<ReturnType<typeof open>>;
    let services: Operated;
    let gateway: Gateway;
    let backend: OtlpBackend;
    let answer: OtlpAnswer;

    beforeEach(async () => {
      place = await open();
      services = operate(() => place.connect(), { group: `${place.prefix}pipeline`, prefix: place.prefix });
      answer = acceptSpans;
      backend = await startOtlpBackend((call, respond) => {
        answer(call, respond);
      });
      gateway = await services.gateway();
    }, 60_000);

    afterEach(async () => {
      await services.close();
      backend.stop();
      await place.dispose();
    }, 60_000);

    const until = (holds: (seen: PipelineJson) => boolean): Promise<PipelineJson> =>
      eventually(() => pipelineOf(gateway), holds);

    it('shows who has which partition, how far it is, and totals that add up', async () => {
      const [first, second] = [await services.assembler(), await services.assembler()];
      const exporter = await services.exporter(backend.endpoint);
      await publish(gateway, events());
      const seen = await until(
        ({ complete, totals, partitions }) =>
          complete &&
          totals.lag_records === 0 &&
          totals.export_lag_records === 0 &&
          totals.counts.events === traces * 3 &&
          partitions.every(({ oldest_open_at: at, open }) => open === 0 || at !== null),
      );
      expect(seen.problems).toEqual([]);
      expect(seen.assemblers.map(({ up, url }) => [up, url]).sort()).toEqual(
        [first.url, second.url].sort().map((url) => [true, url]),
      );
      expect(seen.partitions.map(({ partition, phase, lag_ms: lag }) => [partition, phase, lag])).toEqual(
        [0, 1, 2].map((partition) => [partition, 'running', 0]),
      );
      const owners = new Set(seen.partitions.map(({ url }) => url));
      expect([...owners].sort()).toEqual([first.url, second.url].sort());
      const { counts, ...totals } = seen.totals;
      expect(totals).toMatchObject({ open: traces, held: 0, unaccounted_events: 0 });
      expect(counts).toMatchObject({ opened: traces * 2, paired: traces });
      expect(totals.oldest_open_age_ms).toBeGreaterThanOrEqual(0);
      expect(seen.exporters).toMatchObject([{ up: true, url: exporter.url, backend: { up: true } }]);
      expect(seen.exporters[0]?.counts?.accepted_spans).toBe(counts.spans);
      expect(seen.exported_partitions.map(({ lag_records: lag }) => lag)).toEqual([0, 0, 0]);
    }, 60_000);

    it('tells that nobody reads, and of what waits for a backend how long it has, though nothing comes after it', async () => {
      await publish(gateway, events());
      await new Promise((resolve) => setTimeout(resolve, 120));
      await publish(gateway, events());
      const before = await pipelineOf(gateway);
      expect(before).toMatchObject({ complete: false, assemblers: [], exporters: [], rebalances: null });
      expect(before.partitions.map(({ phase, owner }) => [phase, owner])).toEqual(
        [0, 1, 2].map(() => ['unassigned', null]),
      );
      expect(
        before.partitions.reduce((sum, { log_end: end }) => sum + Number(end), 0),
      ).toBeGreaterThanOrEqual(traces * 6);
      await services.assembler();
      answer = failWith(status.UNAVAILABLE);
      await services.exporter(backend.endpoint);
      const away = await until(
        ({ exporters, totals }) => exporters[0]?.backend?.up === false && totals.export_lag_records > 0,
      );
      expect(away.exporters[0]?.backend?.away_since).not.toBeNull();
      expect(away.exporters[0]?.backend?.problem).toContain('UNAVAILABLE');
      const late = await until(({ exported_partitions: exported }) =>
        exported.some(({ lag_ms: lag }) => (lag ?? 0) > 1_000),
      );
      expect(Math.max(...late.exported_partitions.map(({ lag_ms: lag }) => lag ?? 0))).toBeGreaterThan(1_000);
      const retried = await until(({ exporters }) => (exporters[0]?.counts?.retries ?? 0) > 0);
      expect(retried.totals.counts.events).toBe(traces * 6);
      answer = acceptSpans;
      const back = await until(
        ({ totals, exporters }) => totals.export_lag_records === 0 && exporters[0]?.backend?.up === true,
      );
      expect(back.exporters[0]?.backend?.away_since).toBeNull();
    }, 60_000);

    it('sends a look a second to all who listen, from one that is shared, and counts what happens a second', async () => {
      await services.assembler();
      const source = await listen(`${gateway.url}/api/pipeline/events`);
      expect(source.headers.get('content-type')).toContain('text/event-stream');
      expect(source.headers.get('x-accel-buffering')).toBe('no');
      expect(source.headers.get('cache-control')).toContain('no-transform');
      await source.next<PipelineJson>('snapshot', ({ complete, rates }) => complete && rates !== null);
      await publish(gateway, events());
      const busy = await source.next<PipelineJson>('snapshot', ({ rates }) => (rates?.events ?? 0) > 0);
      expect(busy.rates!.appended).toBeGreaterThan(0);
      const after = await source.next<PipelineJson>('snapshot', ({ at }) => at > busy.at);
      expect(Date.parse(after.at) - Date.parse(busy.at)).toBeGreaterThan(500);
      source.close();
    }, 60_000);

    it('counts dead letters by stage and reason, and those that came back', async () => {
      await services.assembler();
      const log = await services.connect();
      const key = new TextEncoder().encode('poison');
      await log.events.append([{ key, value: new TextEncoder().encode('{}') }]);
      const one = await until(({ dead_letters: letters }) => letters?.total === 1);
      expect(one.dead_letters).toMatchObject({
        pending: 1,
        complete: true,
        by_reason: [{ stage: 'decode', total: 1 }],
      });
      const headers = { 'content-type': 'application/json' };
      await fetch(`${gateway.url}/api/dead-letters/redrive`, { method: 'POST', headers, body: '{}' });
      // It dies again, as a letter of its own.
      const two = await until(({ dead_letters: letters }) => letters?.total === 2 && letters.pending === 1);
      expect(two.dead_letters).toMatchObject({ total: 2, pending: 1 });
    }, 60_000);

    it('is told of by assemblers and exporters on loopback to nobody who asks for another host', async () => {
      const [assembler, exporter] = [await services.assembler(), await services.exporter(backend.endpoint)];
      for (const address of [
        `${assembler.url}/api/partitions`,
        `${assembler.url}/api/open-operations`,
        `${exporter.url}/api/exporter`,
      ]) {
        expect([address, await statusUnder('evil.example', address)]).toEqual([address, 403]);
        expect([address, await statusUnder('localhost', address)]).toEqual([address, 200]);
      }
    }, 60_000);

    it('sends what is open as it is, before any span exists, until it has ended', async () => {
      await services.assembler();
      const source = await listen(`${gateway.url}/api/open-operations/events?agent=live&limit=10`);
      const shared = { trace_id: 'live-1', agent_id: 'live', data: { tool_name: 'search' } };
      interface Live {
        readonly at: string;
        readonly total: number;
        readonly operations: readonly { readonly name: string }[];
      }
      await source.next<Live>('snapshot', ({ total }) => total === 0);
      await publish(gateway, [{ ...shared, event_type: 'pre_tool_use' }]);
      const open = await source.next<Live>('snapshot', ({ total }) => total === 1);
      expect(open.operations).toMatchObject([{ name: 'search' }]);
      await publish(gateway, [{ ...shared, event_type: 'post_tool_use' }]);
      await source.next<Live>('snapshot', ({ total }) => total === 0);
      source.close();
      for (const wrong of ['limit=501', 'cursor=x', 'agnet=a'])
        expect((await fetch(`${gateway.url}/api/open-operations/events?${wrong}`)).status).toBe(400);
    }, 60_000);
  });
};
