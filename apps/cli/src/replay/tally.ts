import { count, perSecond, type ProgressState } from '../terminal/progress.js';
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
  readonly began: number;
  /** 0 to 1. */
  fraction(): number;
  rate(): string;
  progress(target: string): ProgressState;
}

/** `90 s`, `12 min`, `3.5 h`. */
export const describeDuration = (ms: number): string => {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
};

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
    rate: () => perSecond(tally.records, performance.now() - began),
    progress: (target) => {
      const fraction = tally.fraction();
      const elapsed = performance.now() - began;
      // Nothing can be told of the first moments.
      const left = fraction < 0.01 ? '' : `  ${describeDuration((elapsed / fraction) * (1 - fraction))} left`;
      return {
        fraction,
        text: `${count(tally.records)} records  ${tally.rate()}${left}  ${count(tally.taken)} spans to ${target}`,
      };
    },
  };
  return tally;
};
