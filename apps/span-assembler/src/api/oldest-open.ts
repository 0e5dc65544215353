import { Gauge, type Registry } from 'prom-client';
import type { ScanOpen } from './open-operations-module.js';

/** Scrapes that come sooner are told what the last one found. */
const freshMs = 5_000;

/** Registers `kaizen_assembler_oldest_open_age_seconds`, one a partition, 0 where nothing is open. */
export const showOldestOpen = (registry: Registry, scan: ScanOpen, now: () => number = Date.now): void => {
  let last: { readonly at: number; readonly page: ReturnType<ScanOpen> } | undefined;
  const look = (): ReturnType<ScanOpen> => {
    if (last === undefined || now() - last.at > freshMs)
      last = { at: now(), page: scan({ order: 'oldest', limit: 0 }) };
    return last.page;
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
