import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LogConnection } from '@kaizen-trace/ports';
import { acceptSpans, startOtlpBackend, type OtlpBackend } from '@kaizen-trace/testkit';
import { publish } from './alerting.js';
import { eventually, operate, type Operated } from './operated.js';

/** How many partitions the logs of the suite have. */
export const partitions = 6;

type Samples = ReadonlyMap<string, number>;
type Held = ReadonlyMap<string, ReadonlySet<number>>;

/** The samples under `/metrics`, by name and labels as they stand there. */
const samplesOf = async (url: string): Promise<Samples> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))] as const),
  );
};

/** Which partitions each metric has series of. */
const partitionsOf = (samples: Samples): Held => {
  const found = new Map<string, Set<number>>();
  for (const series of samples.keys()) {
    const [, name, partition] = /^(\w+)\{.*partition="(\d+)"/.exec(series) ?? [];
    if (name === undefined) continue;
    found.set(name, (found.get(name) ?? new Set()).add(Number(partition)));
  }
  return found;
};

const sum = (samples: Samples, name: string): number =>
  [...samples]
    .filter(([series]) => series.startsWith(`${name}{`))
    .reduce((total, [, value]) => total + value, 0);

const operation = async (url: string, trace: string): Promise<void> => {
  const event = { trace_id: trace, data: { call_id: 'c' } };
  await publish(url, { ...event, event_type: 'pre_llm_call' }, { ...event, event_type: 'post_llm_call' });
};

const all = Array.from({ length: partitions }, (_, partition) => partition);
const inOrder = (held: Iterable<number>): readonly number[] => [...held].sort((a, b) => a - b);

/** Metrics of partitions, on any log with that many of them. */
export const describePartitionMetrics = (
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
    let backend: OtlpBackend;

    beforeEach(async () => {
      place = await open();
      services = operate(() => place.connect(), { group: `${place.prefix}metrics`, prefix: place.prefix });
      backend = await startOtlpBackend(acceptSpans);
    }, 60_000);

    afterEach(async () => {
      await services.close();
      backend.stop();
      await place.dispose();
    }, 60_000);

    const look = async (url: string): Promise<Held> => partitionsOf(await samplesOf(url));

    /** Waits until each of these metrics has series of just so many partitions. */
    const holds = (url: string, metrics: readonly string[], count: number): Promise<Held> =>
      eventually(
        () => look(url),
        (found) => metrics.every((metric) => (found.get(metric)?.size ?? 0) === count),
      );

    /** After a hand-over no partition shows on both, nor on none: each metric has every one of them once. */
    const sharedBetween = (one: Held, other: Held): void => {
      for (const [metric, held] of one) {
        expect([metric, held.size]).toEqual([metric, partitions / 2]);
        expect([metric, inOrder([...held, ...(other.get(metric) ?? [])])]).toEqual([metric, all]);
      }
    };

    const assembling = [
      'kaizen_assembler_lag_records',
      'kaizen_assembler_lag_seconds',
      'kaizen_assembler_open_operations',
      'kaizen_assembler_oldest_open_age_seconds',
      'kaizen_assembler_state_memory_bytes',
    ];

    it('are of the partitions held now: those of a revoked one are gone, its new owner has them, and they come back', async () => {
      const first = await services.assembler();
      const alone = await holds(first.url, assembling, partitions);
      expect(alone.size).toBeGreaterThan(18);
      for (const [metric, held] of alone) expect([metric, inOrder(held)]).toEqual([metric, all]);
      const second = await services.assembler();
      const other = await holds(second.url, assembling, partitions / 2);
      const one = await holds(first.url, assembling, partitions / 2);
      expect([...one.keys()].sort()).toEqual([...alone.keys()].sort());
      sharedBetween(one, other);
      expect(sum(await samplesOf(first.url), 'kaizen_assembler_rebalances_total')).toBeGreaterThan(0);
      await second.close();
      const again = await holds(first.url, assembling, partitions);
      for (const [metric, held] of again) expect([metric, inOrder(held)]).toEqual([metric, all]);
    }, 120_000);

    const exporting = [
      'kaizen_exporter_next_offset',
      'kaizen_exporter_lag_records',
      'kaizen_exporter_lag_seconds',
    ];

    it('are of the partitions that an exporter holds now', async () => {
      const first = await services.exporter(backend.endpoint);
      await holds(first.url, exporting, partitions);
      const second = await services.exporter(backend.endpoint);
      const other = await holds(second.url, exporting, partitions / 2);
      const one = await holds(first.url, exporting, partitions / 2);
      expect(one.size).toBe(exporting.length);
      sharedBetween(one, other);
      expect(sum(await samplesOf(first.url), 'kaizen_exporter_rebalances_total')).toBeGreaterThan(0);
    }, 120_000);

    it('count each event once, and say how long it took from the log to the backend', async () => {
      const gateway = await services.gateway();
      const assembler = await services.assembler();
      const exporter = await services.exporter(backend.endpoint);
      const traces = ['a', 'b', 'c', 'd', 'e'];
      for (const trace of traces) await operation(gateway.url, trace);
      const latency = 'kaizen_exporter_end_to_end_seconds';
      const exported = await eventually(
        () => samplesOf(exporter.url),
        (seen) =>
          sum(seen, 'kaizen_exporter_spans_total') >= 10 && sum(seen, 'kaizen_exporter_lag_records') === 0,
      );
      const batches = sum(exported, 'kaizen_exporter_batches_total');
      expect(sum(exported, `${latency}_count`)).toBe(batches);
      expect(batches).toBeGreaterThan(0);
      expect(sum(exported, `${latency}_sum`)).toBeGreaterThan(0);
      expect(sum(exported, `${latency}_sum`) / batches).toBeLessThan(30);
      const assembled = await eventually(
        () => samplesOf(assembler.url),
        (seen) => sum(seen, 'kaizen_assembler_lag_records') === 0,
      );
      expect(sum(assembled, 'kaizen_assembler_events_total')).toBe(2 * traces.length);
      expect(sum(assembled, 'kaizen_assembler_paired_total')).toBe(traces.length);
      expect(sum(assembled, 'kaizen_assembler_lag_records')).toBe(0);
    }, 90_000);
  });
};
