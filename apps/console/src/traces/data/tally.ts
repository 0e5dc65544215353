import type { TraceColumns } from './columns.js';
import { flag } from './flags.js';

/** Operations, counted and added up. */
export interface Tally {
  count: number;
  errors: number;
  abandoned: number;
  running: number;
  /** Microseconds, all of them one after the other. */
  time: number;
  longest: number;
  inputTokens: number;
  outputTokens: number;
}

/** Nothing counted. */
export const noTally = (): Tally => ({
  count: 0,
  errors: 0,
  abandoned: 0,
  running: 0,
  time: 0,
  longest: 0,
  inputTokens: 0,
  outputTokens: 0,
});

/** Counts a row. */
export const countRow = (tally: Tally, columns: TraceColumns, row: number): void => {
  const flags = columns.flags[row]!;
  const duration = columns.duration[row]!;
  tally.count++;
  if ((flags & flag.error) !== 0) tally.errors++;
  if ((flags & flag.abandoned) !== 0) tally.abandoned++;
  if ((flags & flag.running) !== 0) tally.running++;
  tally.time += duration;
  tally.longest = Math.max(tally.longest, duration);
};

/** Counts what a model used. */
export const countTokens = (tally: Tally, columns: TraceColumns, row: number): void => {
  tally.inputTokens += columns.inputTokens[row]!;
  tally.outputTokens += columns.outputTokens[row]!;
};

/** Adds one tally to another. */
export const addTally = (into: Tally, more: Tally): void => {
  into.count += more.count;
  into.errors += more.errors;
  into.abandoned += more.abandoned;
  into.running += more.running;
  into.time += more.time;
  into.longest = Math.max(into.longest, more.longest);
  into.inputTokens += more.inputTokens;
  into.outputTokens += more.outputTokens;
};
