import type { TraceColumns } from './columns.js';
import { flag, repeated } from './flags.js';

/** The order of siblings, or what is left out. */
export type RowOrder = 'time' | 'errors-first' | 'errors-only';

/** Which rows are wanted. */
export interface RowChoice {
  /** Rows whose descendants are hidden. */
  readonly collapsed: ReadonlySet<number>;
  readonly order: RowOrder;
  /** Whether what repeats another row has a row too: a POST under its PRE, a placeholder beside its span. */
  readonly showRepeated: boolean;
}

interface Frame {
  next: number;
  readonly last: number;
  /** Siblings without failures come in a second round. */
  round: 'first' | 'second';
  readonly begin: number;
}

/** Walks the tree with siblings in two rounds: what failed, then the rest. */
const errorsFirst = (columns: TraceColumns, isShown: (row: number) => boolean, choice: RowChoice): number[] => {
  const rows: number[] = [];
  const path: Frame[] = [{ next: 0, last: columns.count, round: 'first', begin: 0 }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    if (top.next >= top.last) {
      if (top.round === 'second') path.pop();
      else {
        top.round = 'second';
        top.next = top.begin;
      }
      continue;
    }
    const row = top.next;
    top.next = columns.end[row]!;
    const isFailed = (columns.flags[row]! & flag.errorWithin) !== 0;
    if (isFailed !== (top.round === 'first') || !isShown(row)) continue;
    rows.push(row);
    if (!choice.collapsed.has(row))
      path.push({ next: row + 1, last: columns.end[row]!, round: 'first', begin: row + 1 });
  }
  return rows;
};

/** The rows to show, in the order in which they stand. */
export const visibleRows = (columns: TraceColumns, choice: RowChoice): Int32Array => {
  const { flags, end, count } = columns;
  const hidden = choice.showRepeated ? 0 : repeated;
  const needed = choice.order === 'errors-only' ? flag.errorWithin : 0;
  const isShown = (row: number): boolean =>
    (flags[row]! & hidden) === 0 && (needed === 0 || (flags[row]! & needed) !== 0);
  if (choice.order === 'errors-first') return Int32Array.from(errorsFirst(columns, isShown, choice));
  const rows = new Int32Array(count);
  let length = 0;
  for (let row = 0; row < count; ) {
    const isIn = isShown(row);
    if (isIn) rows[length++] = row;
    row = isIn && !choice.collapsed.has(row) ? row + 1 : end[row]!;
  }
  return rows.subarray(0, length);
};

/** Whether a row has anything under it that would be shown. */
export const hasChildren = (columns: TraceColumns, row: number, showRepeated: boolean): boolean => {
  if (showRepeated) return columns.end[row]! > row + 1;
  for (let child = row + 1; child < columns.end[row]!; child = columns.end[child]!)
    if ((columns.flags[child]! & repeated) === 0) return true;
  return false;
};

/** All rows that have something under them, within a row's descendants and itself, or in the whole trace. */
export const parentsWithin = (columns: TraceColumns, showRepeated: boolean, row?: number): readonly number[] => {
  const found: number[] = [];
  const last = row === undefined ? columns.count : columns.end[row]!;
  for (let each = row ?? 0; each < last; each++)
    if (hasChildren(columns, each, showRepeated)) found.push(each);
  return found;
};

/** The rows above a row, the nearest first. */
export const ancestorsOf = ({ parent }: TraceColumns, row: number): readonly number[] => {
  const found: number[] = [];
  for (let each = parent[row]!; each >= 0; each = parent[each]!) found.push(each);
  return found;
};
