import { offset, type LogBounds, type LogReader, type Offset } from '@kaizen-trace/ports';
import type { LagJson } from './json.js';

/** Where a reader of a partition stands; undefined where that is not known. */
export interface ReaderPosition {
  readonly partition: number;
  readonly nextOffset: bigint | undefined;
}

const unknown: LagJson = { log_end: null, lag_records: null, lag_ms: null };

interface Behind {
  readonly partition: number;
  readonly next: Offset;
  readonly end: bigint;
}

/** Places whose times tell the lag: the next unread record; the newest, which may stand before a marker. */
const placesOf = ({ partition, next, end }: Behind) =>
  [next, end - 2n, end - 1n].map((at) => ({ partition, offset: offset(at < next ? next : at) }));

const lagsOf = async (
  reader: Pick<LogReader, 'appendTimes'>,
  behind: readonly Behind[],
): Promise<ReadonlyMap<number, number>> => {
  const times = await reader.appendTimes(behind.flatMap(placesOf));
  return new Map(
    behind.map(({ partition }, nth) => {
      const [first, ...newest] = times.slice(nth * 3, nth * 3 + 3);
      const last = Math.max(...newest.map((time) => time ?? 0));
      return [partition, first === undefined ? 0 : Math.max(0, last - first)];
    }),
  );
};

/** By how much readers are behind, in the order of `positions`. Looks at no record where all have caught up. */
export const lagOf = async (
  reader: Pick<LogReader, 'appendTimes'>,
  positions: readonly ReaderPosition[],
  bounds: readonly LogBounds[],
): Promise<readonly LagJson[]> => {
  const behind = positions.flatMap(({ partition, nextOffset }) => {
    const end = bounds[partition]?.end;
    if (nextOffset === undefined || end === undefined || nextOffset >= end) return [];
    return [{ partition, next: offset(nextOffset), end }];
  });
  const lags = behind.length === 0 ? new Map<number, number>() : await lagsOf(reader, behind);
  return positions.map(({ partition, nextOffset }) => {
    const end = bounds[partition]?.end;
    if (end === undefined) return unknown;
    if (nextOffset === undefined) return { ...unknown, log_end: String(end) };
    const records = nextOffset < end ? Number(end - nextOffset) : 0;
    return { log_end: String(end), lag_records: records, lag_ms: lags.get(partition) ?? 0 };
  });
};
