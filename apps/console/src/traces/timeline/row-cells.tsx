import { formatDuration } from '../../shared/format.js';
import { agentAt, hasFlag, kindAt, nameAt } from '../data/columns.js';
import type { TraceColumns } from '../data/columns.js';
import type { CriticalPath } from '../data/critical-path.js';
import { flag } from '../data/flags.js';
import { titleOf } from '../data/kinds.js';
import type { TimeWindow } from '../data/time-window.js';

interface CellsProps {
  readonly columns: TraceColumns;
  readonly row: number;
  readonly window: TimeWindow;
  readonly critical: CriticalPath | undefined;
  readonly isExpanded: boolean | undefined;
  readonly showRaw: boolean;
  readonly onToggle: () => void;
}

/** Deeper rows are not moved further to the right, or nothing of their names would be seen. */
const deepest = 24;

const Marks = ({ columns, row }: { readonly columns: TraceColumns; readonly row: number }) => (
  <>
    {hasFlag(columns, row, flag.error) && <span className="badge badge-bad">error</span>}
    {hasFlag(columns, row, flag.abandoned) && <span className="badge badge-warn">abandoned</span>}
    {hasFlag(columns, row, flag.orphan) && <span className="badge badge-warn">orphan</span>}
    {hasFlag(columns, row, flag.running) && <span className="badge badge-good">running</span>}
    {hasFlag(columns, row, flag.superseded) && <span className="badge">placeholder</span>}
    {hasFlag(columns, row, flag.warned) && <span className="badge badge-warn">warning</span>}
  </>
);

/** An agent's name stands where it is another than above. */
const agentShown = (columns: TraceColumns, row: number): string => {
  const agent = agentAt(columns, row);
  const above = columns.parent[row]!;
  return above >= 0 && agentAt(columns, above) === agent ? '' : agent;
};

const NameCell = ({ columns, row, isExpanded, showRaw, onToggle }: CellsProps) => {
  const name = nameAt(columns, row);
  const agent = agentShown(columns, row);
  const failedWithin = isExpanded === false && hasFlag(columns, row, flag.errorWithin);
  const indent = Math.min(columns.depth[row]!, deepest);
  return (
    <div role="gridcell" className="cell-name" style={{ paddingInlineStart: `${indent * 0.8 + 0.4}rem` }}>
      <span
        className={`twist ${isExpanded === undefined ? 'twist-none' : ''}`}
        aria-hidden="true"
        onClick={(event) => {
          if (isExpanded === undefined) return;
          event.stopPropagation();
          onToggle();
        }}
      >
        {isExpanded === true ? '▾' : '▸'}
      </span>
      <span className={`dot kind-${kindAt(columns, row)}`} aria-hidden="true" />
      <span className="row-title" title={name}>
        {showRaw && name !== '' ? name : titleOf(name)}
      </span>
      {agent !== '' && <span className="row-agent">{agent}</span>}
      <Marks columns={columns} row={row} />
      {failedWithin && !hasFlag(columns, row, flag.error) && (
        <span className="badge badge-bad">errors within</span>
      )}
    </div>
  );
};

/** Left and width in per cent of the window; undefined where it lies outside. */
const placed = (
  { from, to }: TraceColumns,
  { from: left, to: right }: TimeWindow,
  [begin, end]: readonly [number, number],
): { readonly left: number; readonly width: number } | undefined => {
  const span = Math.max(1, to - from);
  const scale = (time: number): number => (((time - from) / span - left) / (right - left)) * 100;
  const [first, last] = [Math.max(0, scale(begin)), Math.min(100, scale(end))];
  return last < 0 || first > 100 ? undefined : { left: first, width: Math.max(0, last - first) };
};

/** More stretches than this cannot be told apart in one row. */
const mostStretches = 60;

const Stretches = ({ columns, row, window, critical }: CellsProps) => {
  if (critical === undefined) return null;
  const [first, last] = [critical.first[row]!, critical.first[row + 1]!];
  const every = Math.ceil((last - first) / mostStretches);
  const shown = Array.from(
    { length: Math.min(last - first, mostStretches) },
    (_, index) => first + index * every,
  );
  return shown
    .filter((index) => index < last)
    .map((index) => {
      const place = placed(columns, window, [critical.from[index]!, critical.to[index]!]);
      return (
        place && (
          <span
            key={index}
            className="critical"
            style={{ left: `${place.left}%`, width: `${place.width}%` }}
          />
        )
      );
    });
};

const barClass = (columns: TraceColumns, row: number): string =>
  [
    'bar',
    `kind-${kindAt(columns, row)}`,
    hasFlag(columns, row, flag.error) && 'bar-error',
    hasFlag(columns, row, flag.abandoned) && 'bar-abandoned',
    hasFlag(columns, row, flag.running) && 'bar-running',
  ]
    .filter(Boolean)
    .join(' ');

const BarCell = (props: CellsProps) => {
  const { columns, row, window } = props;
  const start = columns.start[row]!;
  const place = placed(columns, window, [start, start + columns.duration[row]!]);
  return (
    <div role="gridcell" className="cell-bar">
      <span className="unseen">{formatDuration(start - columns.from)} after the start</span>
      {place && (
        <span
          className={barClass(columns, row)}
          style={{ left: `min(${place.left}%, 100% - 2px)`, width: `max(${place.width}%, 2px)` }}
        />
      )}
      <Stretches {...props} />
    </div>
  );
};

/** A span's row: its name, how long it took, and when. */
export const RowCells = (props: CellsProps) => (
  <>
    <NameCell {...props} />
    <div role="gridcell" className="cell-duration">
      {formatDuration(props.columns.duration[props.row]!)}
    </div>
    <BarCell {...props} />
  </>
);
