import type { RatesJson } from './json.js';

/** What grows, as of one look. */
export interface Sample {
  /** Monotonic, in milliseconds. */
  readonly at: number;
  /** By partition of the event log. */
  readonly appended: ReadonlyMap<string, number>;
  readonly events: ReadonlyMap<string, number>;
  readonly spans: ReadonlyMap<string, number>;
  /** By exporter and its start. */
  readonly exported: ReadonlyMap<string, number>;
}

/** A look that is older says nothing of now. */
const oldestMs = 30_000;
const shortestMs = 200;

/** Growth of what both looks know; what went back was begun anew, and is left out. */
const grownBy = (before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): number => {
  let sum = 0;
  for (const [key, value] of now) sum += Math.max(0, value - (before.get(key) ?? value));
  return sum;
};

/** Remembers the last look, and tells what happened a second since then. */
export const createRates = (): ((sample: Sample) => RatesJson | null) => {
  let last: Sample | undefined;
  let rates: RatesJson | null = null;
  return (sample) => {
    const before = last;
    const elapsed = before === undefined ? 0 : sample.at - before.at;
    // Two looks at nearly the same moment: what was told of the moment before still holds.
    if (before !== undefined && elapsed < shortestMs) return rates;
    last = sample;
    if (before === undefined || elapsed > oldestMs) return (rates = null);
    const perSecond = (name: Exclude<keyof Sample, 'at'>): number =>
      Math.round((grownBy(before[name], sample[name]) * 10_000) / elapsed) / 10;
    rates = {
      over_ms: Math.round(elapsed),
      appended: perSecond('appended'),
      events: perSecond('events'),
      spans: perSecond('spans'),
      exported: perSecond('exported'),
    };
    return rates;
  };
};
