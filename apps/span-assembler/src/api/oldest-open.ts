import { Gauge, type Registry } from 'prom-client';
import type { ScanOpen } from './open-operations-module.js';

/** Scrapes that come sooner are told what the last one found. */
const freshMs = 5_000;
/** A look goes over everything that is open: it may take this share of the time. */
const share = 1 / 30;

/** Registers `kaizen_assembler_oldest_open_age_seconds`, one a partition, 0 where nothing is open. */
export const showOldestOpen = (registry: Registry, scan: ScanOpen, now: () => number = Date.now): void => {
  let last: ReturnType<ScanOpen> | undefined;
  let freshUntil = 0;
  const look = (): ReturnType<ScanOpen> => {
    const begin = now();
    if (last !== undefined && begin < freshUntil) return last;
    freshUntil = Infinity;
    last = scan({ order: 'oldest', limit: 0 }).finally(() => {
      freshUntil = now() + Math.max(freshMs, (now() - begin) / share);
    });
    return last;
  };
  new Gauge({
    name: 'kaizen_assembler_oldest_open_age_seconds',
    help: 'Age of the oldest operation whose POST has not come, since the log took its PRE.',
    labelNames: ['partition'],
    registers: [registry],
    async collect() {
      const { partitions } = await look();
      this.reset();
      for (const { partition, oldest } of partitions)
        this.set({ partition }, oldest === undefined ? 0 : Math.max(0, now() - oldest) / 1_000);
    },
  });
};
