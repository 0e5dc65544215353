import { countNames, unaccountedEvents, zeroCounts, type Counts } from '@kaizen-trace/assembler-core';
import type { ExportedPartitionJson, PartitionJson, TotalsJson } from './json.js';

const sumOf = (numbers: readonly (number | null)[]): number =>
  numbers.reduce<number>((sum, each) => sum + (each ?? 0), 0);

/** The counts of all partitions together; what a count lacks counts as nothing. */
export const sumCounts = (all: readonly (Counts | null)[]): Counts => {
  const sum = zeroCounts();
  for (const counts of all)
    if (counts !== null)
      for (const name of countNames) sum[name] += Number.isFinite(counts[name]) ? counts[name] : 0;
  return sum;
};

/** Sums over the partitions that were answered for. */
export const totalsOf = (
  partitions: readonly PartitionJson[],
  exported: readonly ExportedPartitionJson[],
  counts: Counts,
): TotalsJson => {
  const oldest = partitions
    .filter(({ oldest_open_at: at }) => at !== null)
    .sort((a, b) => (b.oldest_open_age_ms ?? 0) - (a.oldest_open_age_ms ?? 0))[0];
  return {
    lag_records: sumOf(partitions.map((each) => each.lag_records)),
    export_lag_records: sumOf(exported.map((each) => each.lag_records)),
    open: sumOf(partitions.map((each) => each.open)),
    held: sumOf(partitions.map((each) => each.held)),
    counts,
    unaccounted_events: unaccountedEvents(counts),
    oldest_open_at: oldest?.oldest_open_at ?? null,
    oldest_open_age_ms: oldest?.oldest_open_age_ms ?? null,
  };
};
