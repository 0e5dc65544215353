import { offset, type LogBounds, type LogPlace, type LogReader } from '@kaizen-trace/ports';

/** Where a reader of a partition stands: the first record with which it is not done for good. */
export interface ReaderPosition {
  readonly partition: number;
  readonly nextOffset: bigint;
}

/** By how much a reader is behind the end of its partition. */
export interface PartitionLag {
  readonly partition: number;
  /** Records from the position to the end; on Kafka the markers of transactions among them count too. */
  readonly records: number;
  /** For how long the oldest of these records has been in the log, in milliseconds; 0 where there is none. */
  readonly ms: number;
}

/** What lag is worked out from. */
export interface LagLook {
  readonly positions: readonly ReaderPosition[];
  /** Of every partition, by its number. */
  readonly bounds: readonly LogBounds[];
  /** Milliseconds since the epoch; the system's clock unless told. */
  readonly now?: (() => number) | undefined;
}

/**
 * The lag of each position whose partition the log has: the one definition, for metrics, alerts and the operating API.
 *
 * In time it is the age of the oldest record that is not done, not by how much that record is older than the newest: a
 * record that nobody takes is late however little comes after it, and an alert must see that on a log that has gone
 * quiet. The price is that the clock of this machine is compared with the log's; a difference between the two shows as
 * lag, or hides some of it, and never makes it negative. Where all have caught up no record is looked at.
 *
 * @throws Error where the log does not answer.
 */
export const lagsOf = async (
  reader: Pick<LogReader, 'appendTimes'>,
  { positions, bounds, now = Date.now }: LagLook,
): Promise<readonly PartitionLag[]> => {
  const left = positions.flatMap(({ partition, nextOffset }) => {
    const end = bounds[partition]?.end;
    return end === undefined
      ? []
      : [{ partition, nextOffset, records: Math.max(0, Number(end - nextOffset)) }];
  });
  const behind = left.filter(({ records }) => records > 0);
  const places: LogPlace[] = behind.map(({ partition, nextOffset }) => ({
    partition,
    offset: offset(nextOffset),
  }));
  const times = places.length === 0 ? [] : await reader.appendTimes(places);
  const since = new Map(places.map(({ partition }, nth) => [partition, times[nth]]));
  return left.map(({ partition, records }) => {
    const time = since.get(partition);
    return { partition, records, ms: time === undefined ? 0 : Math.max(0, now() - time) };
  });
};
