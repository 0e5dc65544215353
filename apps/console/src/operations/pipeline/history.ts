import { useEffect, useSyncExternalStore } from 'react';
import { longestLag } from './model.js';
import type { PipelineSnapshot } from './model.js';

/** What the charts show of one moment; null where it is not known. */
export interface Moment {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly appended: number | null;
  readonly spans: number | null;
  readonly exported: number | null;
  readonly lag: number;
  readonly exportLag: number;
  /** Seconds. */
  readonly lagSeconds: number | null;
  readonly exportLagSeconds: number | null;
}

/** Ten minutes of one a second. */
const longest = 600;

// Kept while the console is open, so that another page and back begins no empty chart.
let moments: readonly Moment[] = [];

const secondsOf = (ms: number | undefined): number | null => (ms === undefined ? null : ms / 1_000);

const momentOf = (snapshot: PipelineSnapshot): Moment => ({
  at: Date.parse(snapshot.at) / 1_000,
  appended: snapshot.rates?.appended ?? null,
  spans: snapshot.rates?.spans ?? null,
  exported: snapshot.rates?.exported ?? null,
  lag: snapshot.totals.lag_records,
  exportLag: snapshot.totals.export_lag_records,
  lagSeconds: secondsOf(longestLag(snapshot.partitions)),
  exportLagSeconds: secondsOf(longestLag(snapshot.exported_partitions)),
});

const listeners = new Set<() => void>();

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const remember = (snapshot: PipelineSnapshot): void => {
  const next = momentOf(snapshot);
  const last = moments.at(-1);
  if (last !== undefined && next.at <= last.at) return;
  moments = [...moments.slice(-longest + 1), next];
  for (const listener of listeners) listener();
};

/** The last minutes, each snapshot once. */
export const useHistory = (snapshot: PipelineSnapshot | undefined): readonly Moment[] => {
  useEffect(() => {
    if (snapshot !== undefined) remember(snapshot);
  }, [snapshot]);
  return useSyncExternalStore(subscribe, () => moments);
};
