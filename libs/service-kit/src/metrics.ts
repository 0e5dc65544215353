import { setTimeout as sleep } from 'node:timers/promises';
import type { LogReader } from '@kaizen-trace/ports';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { lagsOf, type PartitionLag } from './lag.js';

/** Whose metrics they are. */
export interface MetricsOptions {
  /** Stands on every sample as the label `service`. */
  readonly service: string;
  /** Whether to collect the process's own metrics (memory, CPU, event loop); once a process is enough. */
  readonly process: boolean;
}

/** Gauges of the process whose names are those of counters; the same without `_total`, by type, are there too. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** A registry of the service's own, never the global one: several services may live in one process. */
export const createMetrics = ({ service, process }: MetricsOptions): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (process) {
    collectDefaultMetrics({ register: registry });
    for (const name of misnamed) registry.removeSingleMetric(name);
  }
  return registry;
};

/** The name of a metric, and what it says. */
export interface GaugeText {
  readonly name: string;
  readonly help: string;
}

/**
 * Registers a gauge with one series for each partition that `values` gives when Prometheus asks. Partitions that it gives
 * no more are gone from it: what a former owner last saw is nobody's value.
 */
export const showPartitionGauge = (
  registry: Registry,
  text: GaugeText,
  values: () => Iterable<readonly [partition: number, value: number]>,
): void => {
  new Gauge({
    ...text,
    labelNames: ['partition'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [partition, value] of values()) this.set({ partition }, value);
    },
  });
};

/** Whose lag is shown: the log that is read, and the position of each partition held now, behind all that is done. */
export interface LagOptions {
  /** What the metrics' names begin with, such as `kaizen_exporter`. */
  readonly prefix: string;
  /** Asked for when it is looked at: the log may be joined after the metrics are made. */
  readonly reader: () => Pick<LogReader, 'allBounds' | 'appendTimes'> | undefined;
  readonly positions: () => Iterable<readonly [partition: number, nextOffset: bigint]>;
  /** Milliseconds since the epoch; the system's clock unless told. */
  readonly now?: () => number;
}

/** How long a scrape waits for the log, in milliseconds; without an answer there is nothing to show. */
const patienceMs = 2_000;

const patiently = <T>(look: Promise<readonly T[]>): Promise<readonly T[]> =>
  Promise.race([look.catch(() => []), sleep(patienceMs, [], { ref: false })]);

/**
 * Registers a gauge of where each partition of a log ends. It outlives whoever reads the log: a partition whose readers
 * are all gone still shows that it grows.
 */
export const showLogEnds = (
  registry: Registry,
  text: GaugeText,
  reader: Pick<LogReader, 'allBounds'>,
): void => {
  new Gauge({
    ...text,
    labelNames: ['partition'],
    registers: [registry],
    async collect() {
      const bounds = await patiently(reader.allBounds());
      this.reset();
      for (const [partition, { end }] of bounds.entries()) this.set({ partition }, Number(end));
    },
  });
};

/** Both gauges of one scrape, and scrapes that come together, share a look. */
const sharedMs = 500;

const lookAt = async ({ reader, positions, now }: LagOptions): Promise<readonly PartitionLag[]> => {
  const log = reader();
  const held = [...positions()].map(([partition, nextOffset]) => ({ partition, nextOffset }));
  if (log === undefined || held.length === 0) return [];
  return lagsOf(log, { positions: held, bounds: await log.allBounds(), now });
};

/**
 * Registers `<prefix>_lag_records` and `<prefix>_lag_seconds`, one series for each partition held now. Each scrape looks
 * at the log, once; while the log does not answer there is no value.
 */
export const showLag = (registry: Registry, options: LagOptions): void => {
  let look: Promise<readonly PartitionLag[]> | undefined;
  let lookedAt = -Infinity;
  const shared = (): Promise<readonly PartitionLag[]> => {
    const now = performance.now();
    if (look === undefined || now - lookedAt > sharedMs) {
      lookedAt = now;
      look = patiently(lookAt(options));
    }
    return look;
  };
  const show = (name: string, help: string, value: (lag: PartitionLag) => number): void => {
    new Gauge({
      name: `${options.prefix}_${name}`,
      help,
      labelNames: ['partition'],
      registers: [registry],
      async collect() {
        const lags = await shared();
        this.reset();
        for (const lag of lags) this.set({ partition: lag.partition }, value(lag));
      },
    });
  };
  show('lag_records', 'Records between the position and the end of the log.', ({ records }) => records);
  show(
    'lag_seconds',
    'How long the oldest record after the position has been in the log; 0 where there is none.',
    ({ ms }) => ms / 1_000,
  );
};
