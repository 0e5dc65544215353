import { useMemo } from 'react';
import type { TraceColumns } from '../data/columns.js';
import { criticalPath } from '../data/critical-path.js';
import type { CriticalPath } from '../data/critical-path.js';
import { repeated } from '../data/flags.js';
import { useMatches } from '../data/use-trace.js';
import { visibleRows } from '../data/visible-rows.js';
import type { TimelineState } from './timeline-state.js';

/** What the timeline shows, worked out from the trace and how it is looked at. */
export interface TimelineView {
  readonly columns: TraceColumns;
  /** Names the trace in questions to the worker. */
  readonly source: number;
  readonly rows: Int32Array;
  /** Place of the active row in `rows`; 0 where it is not among them. */
  readonly activeIndex: number;
  readonly activeRow: number;
  /** -1 where nothing is selected. */
  readonly selectedRow: number;
  readonly critical: CriticalPath | undefined;
  /** Rows that match the search, in the order of the trace; undefined where nothing is searched. */
  readonly matches: readonly number[] | undefined;
  readonly matching: ReadonlySet<number>;
}

/** The row that stands for a row: a POST is its PRE's, unless it has a row of its own. */
const shownRow = ({ flags, parent }: TraceColumns, row: number, showRepeated: boolean): number =>
  showRepeated || (flags[row]! & repeated) === 0 ? row : parent[row]!;

const useRowOf = (columns: TraceColumns): ReadonlyMap<string, number> =>
  useMemo(() => new Map(columns.spanIds.map((id, row) => [id, row])), [columns]);

/** Works out the rows, where the active one is, the critical path and the matches. */
export const useTimelineView = (
  columns: TraceColumns,
  source: number,
  state: TimelineState,
): TimelineView => {
  const { collapsed, order, showRepeated, showCritical, search } = state;
  const rowOf = useRowOf(columns);
  const rows = useMemo(() => {
    const hidden = new Set([...collapsed].map((id) => rowOf.get(id) ?? -1));
    return visibleRows(columns, { collapsed: hidden, order, showRepeated });
  }, [columns, rowOf, collapsed, order, showRepeated]);
  const critical = useMemo(() => (showCritical ? criticalPath(columns) : undefined), [columns, showCritical]);
  const found = useMatches(source, search);
  const matches = useMemo(
    () =>
      found === undefined
        ? undefined
        : [...new Set(Array.from(found, (row) => shownRow(columns, row, showRepeated)))].sort(
            (a, b) => a - b,
          ),
    [columns, found, showRepeated],
  );
  const matching = useMemo(() => new Set(matches), [matches]);
  const place = (id: string): number => {
    const row = rowOf.get(id);
    return row === undefined ? -1 : shownRow(columns, row, showRepeated);
  };
  const activeIndex = Math.max(0, rows.indexOf(place(state.active)));
  return {
    columns,
    source,
    rows,
    activeIndex,
    activeRow: rows[activeIndex] ?? -1,
    selectedRow: state.selected === '' ? -1 : place(state.selected),
    critical,
    matches,
    matching,
  };
};

/** The next of sorted rows after one, or before it, around the end. */
export const nextOf = (rows: readonly number[], row: number, step: 1 | -1): number | undefined => {
  const found = step > 0 ? rows.find((each) => each > row) : rows.findLast((each) => each < row);
  return found ?? (step > 0 ? rows[0] : rows.at(-1));
};
