import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { acceptSpans, startOtlpBackend } from '@kaizen-trace/testkit';
import { readCliSettings } from './settings.js';
import { eventually, operate } from './testing/operated.js';

const partitions = 6;

const scene = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-metrics-'));
  const { log } = readCliSettings({ KAIZEN_DATA_DIR: folder, KAIZEN_PARTITIONS: String(partitions) });
  const services = operate(() => openLog(log), { group: 'metrics', prefix: 'kaizen.' });
  const end = async (): Promise<void> => {
    await services.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { services, end };
};

/** The samples under `/metrics`, by name and labels as they stand there. */
const samplesOf = async (url: string): Promise<ReadonlyMap<string, number>> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))] as const),
  );
};

/** Which partitions each metric has series of. */
const partitionsOf = (samples: ReadonlyMap<string, number>): ReadonlyMap<string, ReadonlySet<number>> => {
  const found = new Map<string, Set<number>>();
  for (const series of samples.keys()) {
    const [, name, partition] = /^(\w+)\{.*partition="(\d+)"/.exec(series) ?? [];
    if (name === undefined) continue;
    found.set(name, (found.get(name) ?? new Set()).add(Number(partition)));
  }
  return found;
};

const sum = (samples: ReadonlyMap<string, number>, name: string): number =>
  [...samples]
    .filter(([series]) => series.startsWith(`${name}{`))
    .reduce((total, [, value]) => total + value, 0);

const publish = async (url: string, trace: string): Promise<void> => {
  const lines = ['pre_llm_call', 'post_llm_call'].map((type) =>
    JSON.stringify({ event_type: type, agent_id: 'a', trace_id: trace, data: { call_id: 'c' } }),
  );
  const headers = { 'content-type': 'application/x-ndjson' };
  const { status } = await fetch(`${url}/v1/events`, { method: 'POST', headers, body: lines.join('\n') });
  expect(status).toBe(202);
};

describe('metrics of partitions', () => {
  it('are of the partitions held now: those of a revoked one are gone, and its new owner has them', async () => {
    const { services, end } = await scene();
    try {
      const first = await services.assembler();
      const whole = (count: number) => (found: ReadonlyMap<string, ReadonlySet<number>>) =>
        found.get('kaizen_assembler_lag_records')?.size === count &&
        found.get('kaizen_assembler_open_operations')?.size === count;
      const look = async (url: string) => partitionsOf(await samplesOf(url));
      const alone = await eventually(() => look(first.url), whole(partitions));
      expect(alone.size).toBeGreaterThan(15);
      const second = await services.assembler();
      await eventually(() => look(second.url), whole(partitions / 2));
      const [one, other] = [await look(first.url), await look(second.url)];
      for (const [name, held] of one) {
        const both = [...held, ...(other.get(name) ?? [])].sort((a, b) => a - b);
        expect([name, both]).toEqual([name, Array.from({ length: partitions }, (_, partition) => partition)]);
      }
      expect(sum(await samplesOf(first.url), 'kaizen_assembler_rebalances_total')).toBeGreaterThan(0);
    } finally {
      await end();
    }
  }, 90_000);

  it('count each event once, and say how long it took from the log to the backend', async () => {
    const { services, end } = await scene();
    const backend = await startOtlpBackend(acceptSpans);
    try {
      const gateway = await services.gateway();
      const assembler = await services.assembler();
      const exporter = await services.exporter(backend.endpoint);
      const traces = ['a', 'b', 'c', 'd', 'e'];
      for (const trace of traces) await publish(gateway.url, trace);
      const name = 'kaizen_exporter_end_to_end_seconds';
      const exported = await eventually(
        () => samplesOf(exporter.url),
        (seen) =>
          sum(seen, 'kaizen_exporter_spans_total') >= 10 && sum(seen, 'kaizen_exporter_lag_records') === 0,
      );
      const batches = sum(exported, 'kaizen_exporter_batches_total');
      expect(sum(exported, `${name}_count`)).toBe(batches);
      expect(batches).toBeGreaterThan(0);
      expect(sum(exported, `${name}_sum`)).toBeGreaterThan(0);
      expect(sum(exported, `${name}_sum`) / batches).toBeLessThan(30);
      const assembled = await samplesOf(assembler.url);
      expect(sum(assembled, 'kaizen_assembler_events_total')).toBe(2 * traces.length);
      expect(sum(assembled, 'kaizen_assembler_paired_total')).toBe(traces.length);
      expect(sum(assembled, 'kaizen_assembler_lag_records')).toBe(0);
    } finally {
      await end();
      backend.stop();
    }
  }, 90_000);
});
