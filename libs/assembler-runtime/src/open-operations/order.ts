/** Where a record stands among the records of all partitions: by append time, then partition, then offset. */
export interface LogPosition {
  /** Append time in milliseconds. */
  readonly time: number;
  readonly partition: number;
  readonly offset: bigint;
}

/** Which end of the log comes first. */
export type PositionOrder = 'oldest' | 'newest';

/** Negative where `a` is older. Two records are never equal. */
const comparePositions = (a: LogPosition, b: LogPosition): number => {
  if (a.time !== b.time) return a.time - b.time;
  if (a.partition !== b.partition) return a.partition - b.partition;
  return a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0;
};

/** Whether `a` comes before `b` in a list of this order. */
export const comesBefore = (order: PositionOrder, a: LogPosition, b: LogPosition): boolean =>
  order === 'oldest' ? comparePositions(a, b) < 0 : comparePositions(b, a) < 0;

/** Sorts in place. */
export const sortPositions = <Item>(
  items: Item[],
  order: PositionOrder,
  positionOf: (item: Item) => LogPosition,
): Item[] =>
  items.sort((a, b) =>
    order === 'oldest'
      ? comparePositions(positionOf(a), positionOf(b))
      : comparePositions(positionOf(b), positionOf(a)),
  );

/**
 * A position as an opaque word for a URL. It names a place between records, not a record: it stays good when the record
 * that it was made of is gone.
 */
export const showCursor = (order: PositionOrder, { time, partition, offset }: LogPosition): string =>
  Buffer.from(`${order}.${time}.${partition}.${offset}`).toString('base64url');

const cursorPattern = /^(oldest|newest)\.(\d{1,15})\.(\d{1,9})\.(\d{1,19})$/;

/** Reads a cursor; undefined where it is none, or one of another order. */
export const readCursor = (order: PositionOrder, cursor: string): LogPosition | undefined => {
  const match = cursorPattern.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  const [, ofOrder, time = '', partition = '', offset = ''] = match ?? [];
  if (ofOrder !== order) return undefined;
  return { time: Number(time), partition: Number(partition), offset: BigInt(offset) };
};
