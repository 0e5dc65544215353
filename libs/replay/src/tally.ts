import type { PartitionPlan } from './plan.js';

/** What a replay has done so far. */
export interface Tally {
  /** A partition has come so many offsets from where its fold begins, `records` more in this step. */
  folded(partition: number, offsets: bigint, records: number): void;
  records: number;
  /** Records that are no events: the assembler put them into the dead letters. */
  deadLetters: number;
  taken: number;
  refused: number;
  /** Left out since their trace is incomplete. */
  skipped: number;
  incomplete: number;
  open: number;
  /** Monotonic, in milliseconds. */
  readonly began: number;
  /** 0 to 1. */
  fraction(): number;
}

/** Counts over all partitions; the work is the offsets to be read. */
export const createTally = (
  plans: readonly Pick<PartitionPlan, 'partition' | 'foldFrom' | 'to'>[],
): Tally => {
  const done = new Map<number, bigint>();
  const total = plans.reduce((sum, { foldFrom, to }) => sum + (to - foldFrom), 0n);
  const began = performance.now();
  const tally: Tally = {
    records: 0,
    deadLetters: 0,
    taken: 0,
    refused: 0,
    skipped: 0,
    incomplete: 0,
    open: 0,
    began,
    folded: (partition, offsets, records) => {
      done.set(partition, offsets);
      tally.records += records;
    },
    fraction: () =>
      total === 0n ? 1 : Number([...done.values()].reduce((sum, each) => sum + each, 0n)) / Number(total),
  };
  return tally;
};
