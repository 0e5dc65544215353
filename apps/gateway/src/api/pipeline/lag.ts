import { lagsOf } from '@kaizen-trace/service-kit';
import type { LogBounds, LogReader } from '@kaizen-trace/ports';
import type { LagJson } from './json.js';

/** Where a reader of a partition stands; undefined where that is not known. */
export interface KnownPosition {
  readonly partition: number;
  readonly nextOffset: bigint | undefined;
}

const unknown: LagJson = { log_end: null, lag_records: null, lag_ms: null };

/** By how much readers are behind, in the order of `positions`, as their metrics show it: see `lagsOf`. */
export const lagOf = async (
  reader: Pick<LogReader, 'appendTimes'>,
  positions: readonly KnownPosition[],
  bounds: readonly LogBounds[],
): Promise<readonly LagJson[]> => {
  const known = positions.flatMap(({ partition, nextOffset }) =>
    nextOffset === undefined ? [] : [{ partition, nextOffset }],
  );
  const lags = new Map(
    (await lagsOf(reader, { positions: known, bounds })).map((lag) => [lag.partition, lag] as const),
  );
  return positions.map(({ partition }) => {
    const end = bounds[partition]?.end;
    if (end === undefined) return unknown;
    const lag = lags.get(partition);
    return { log_end: String(end), lag_records: lag?.records ?? null, lag_ms: lag?.ms ?? null };
  });
};
