import type { OpenPartition } from '@kaizen-trace/assembler-runtime';
import { Gauge, type Registry } from 'prom-client';
import type { ScanOpen } from './open-operations-module.js';

/** Looks that come sooner are told what the last one found. */
const freshMs = 5_000;
/** A look goes over everything that is open: it may take this share of the time. */
const share = 1 / 30;

/** The oldest open operation of each partition, looked for now and then. */
export interface OldestOpen {
  /** What the last look found, or a new one where that has its turn. */
  look(): Promise<readonly OpenPartition[]>;
  /** What is known without waiting, and has a look begun where one is due; none before the first has ended. */
  known(): readonly OpenPartition[];
}

/** Looks through `scan`, which costs a step for each open operation, for no more than a thirtieth of the time. */
export const openOldest = (scan: ScanOpen, now: () => number = Date.now): OldestOpen => {
  let last: Promise<readonly OpenPartition[]> | undefined;
  let found: readonly OpenPartition[] = [];
  let freshUntil = 0;
  const search = async (): Promise<readonly OpenPartition[]> => {
    const begin = now();
    try {
      found = (await scan({ order: 'oldest', limit: 0 })).partitions;
      return found;
    } finally {
      freshUntil = now() + Math.max(freshMs, (now() - begin) / share);
    }
  };
  const look = (): Promise<readonly OpenPartition[]> => {
    if (last !== undefined && now() < freshUntil) return last;
    freshUntil = Infinity;
    last = search();
    return last;
  };
  return {
    look,
    known: () => {
      // Whoever asks for a look is told of its failure; here what was found before stands.
      look().catch(() => undefined);
      return found;
    },
  };
};

/** Registers `kaizen_assembler_oldest_open_age_seconds`, one a partition, 0 where nothing is open; gives back what it reads. */
export const showOldestOpen = (
  registry: Registry,
  oldestOpen: OldestOpen,
  now: () => number = Date.now,
): OldestOpen => {
  new Gauge({
    name: 'kaizen_assembler_oldest_open_age_seconds',
    help: 'Age of the oldest operation whose POST has not come, since the log took its PRE.',
    labelNames: ['partition'],
    registers: [registry],
    async collect() {
      const partitions = await oldestOpen.look();
      this.reset();
      for (const { partition, oldest } of partitions)
        this.set({ partition }, oldest === undefined ? 0 : Math.max(0, now() - oldest) / 1_000);
    },
  });
  return oldestOpen;
};
