import type { TraceColumns } from './columns.js';
import { flag } from './flags.js';

/** Stretches of time in which a row is what the trace waits for, by row and then time. Microseconds since the epoch. */
export interface CriticalPath {
  readonly rows: Int32Array;
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** By row: where its stretches begin in the lists; one more than there are rows. */
  readonly first: Int32Array;
}

interface Stretch {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

/** A row within a time: what it did outside of it does not matter to the trace. */
interface Task {
  readonly row: number;
  readonly since: number;
  readonly until: number;
}

const endOf = ({ start, duration }: TraceColumns, row: number): number => start[row]! + duration[row]!;

/** The children that are rows of their own, those that end last before the others. */
const childrenByEnd = (columns: TraceColumns, row: number): readonly number[] => {
  const children: number[] = [];
  for (let child = row + 1; child < columns.end[row]!; child = columns.end[child]!)
    if ((columns.flags[child]! & (flag.pairEnd | flag.superseded)) === 0) children.push(child);
  return children.sort((left, right) => endOf(columns, right) - endOf(columns, left) || right - left);
};

/** Goes from the task's end back to its start: the child that ended last is waited for, then what ended before it began. */
const follow = (columns: TraceColumns, { row, since, until }: Task, found: Stretch[]): readonly Task[] => {
  const from = Math.max(columns.start[row]!, since);
  const tasks: Task[] = [];
  let cursor = until;
  for (const child of childrenByEnd(columns, row)) {
    const childFrom = Math.max(columns.start[child]!, from);
    const childTo = endOf(columns, child);
    // A child that outlives what waits for it is not waited for; one whose clock is wrong may lie before it.
    if (childTo > cursor || childTo <= from || childFrom >= cursor) continue;
    if (childTo < cursor) found.push({ row, from: childTo, to: cursor });
    tasks.push({ row: child, since: from, until: childTo });
    cursor = childFrom;
  }
  if (cursor > from) found.push({ row, from, to: cursor });
  return tasks;
};

/**
 * What a trace's duration consists of: from the end of the root that ends last back to its start, at each moment the one
 * operation that was waited for. The stretches do not overlap and fill the root's time.
 */
export const criticalPath = (columns: TraceColumns): CriticalPath => {
  let root = -1;
  for (let row = 0; row < columns.count; row = columns.end[row]!)
    if (root < 0 || endOf(columns, row) > endOf(columns, root)) root = row;
  const found: Stretch[] = [];
  const tasks: Task[] = root < 0 ? [] : [{ row: root, since: columns.start[root]!, until: endOf(columns, root) }];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop())
    tasks.push(...follow(columns, task, found));
  found.sort((left, right) => left.row - right.row || left.from - right.from);
  const first = new Int32Array(columns.count + 1);
  for (const { row } of found) first[row + 1]!++;
  for (let row = 0; row < columns.count; row++) first[row + 1]! += first[row]!;
  return {
    rows: Int32Array.from(found, ({ row }) => row),
    from: Float64Array.from(found, (stretch) => stretch.from),
    to: Float64Array.from(found, (stretch) => stretch.to),
    first,
  };
};
