import { formatDuration } from '../../shared/format.js';
import { VirtualTreegrid } from '../../shared/virtual-treegrid.js';
import type { TreegridRow } from '../../shared/virtual-treegrid.js';
import { ticksOf } from '../data/time-window.js';
import { hasChildren } from '../data/visible-rows.js';
import { RowCells } from './row-cells.js';
import type { TimelineAction, TimelineState } from './timeline-state.js';
import type { TimelineView } from './timeline-view.js';

interface RowsProps {
  readonly view: TimelineView;
  readonly state: TimelineState;
  readonly dispatch: (action: TimelineAction) => void;
}

const rowHeight = 28;

interface Tick {
  readonly label: string;
  /** Per cent of the width. */
  readonly left: number;
}

const ticksIn = ({ view: { columns }, state: { window } }: RowsProps): readonly Tick[] => {
  const length = columns.to - columns.from;
  const [from, to] = [window.from * length, window.to * length];
  return ticksOf(from, to, 5).map((tick) => ({
    label: formatDuration(tick),
    left: ((tick - from) / (to - from)) * 100,
  }));
};

/** The scale's lines as a background, so that they cost the rows no elements. */
const linesAt = (ticks: readonly Tick[]): string =>
  ticks
    .map(({ left }) => `linear-gradient(var(--line), var(--line)) ${left}% 0 / 1px 100% no-repeat`)
    .join(', ');

/** So near to the right end there is no room for a label. */
const lastLabel = 93;
/** The same where the page is narrow. */
const narrowLastLabel = 60;

const Scale = (props: RowsProps) => (
  <div role="columnheader" className="cell-bar scale">
    <span className="unseen">Time</span>
    {ticksIn(props).map(({ label, left }) => (
      <span
        key={left}
        className={left > narrowLastLabel ? 'tick tick-late' : 'tick'}
        style={{ left: `${left}%` }}
      >
        {left < lastLabel && label}
      </span>
    ))}
  </div>
);

const Head = (props: RowsProps) => (
  <>
    <div role="columnheader" className="cell-name">
      Operation
    </div>
    <div role="columnheader" className="cell-duration">
      Duration
    </div>
    <Scale {...props} />
  </>
);

const classOf = (view: TimelineView, row: number): string =>
  [view.matching.has(row) && 'match', row === view.selectedRow && 'selected'].filter(Boolean).join(' ');

/** The rows of the timeline, of which only those in sight are in the page. */
export const Rows = (props: RowsProps) => {
  const { view, state, dispatch } = props;
  const { columns, rows } = view;
  const idAt = (index: number): string => columns.spanIds[rows[index] ?? -1] ?? '';
  const toggle = (index: number): void => dispatch({ type: 'toggle', spanId: idAt(index) });
  const rowAt = (index: number): TreegridRow => {
    const row = rows[index]!;
    const isParent = hasChildren(columns, row, state.showRepeated);
    const isExpanded = isParent ? !state.collapsed.has(idAt(index)) : undefined;
    return {
      key: idAt(index),
      level: columns.depth[row]! + 1,
      isExpanded,
      isSelected: row === view.selectedRow,
      className: classOf(view, row),
      cells: (
        <RowCells
          columns={columns}
          row={row}
          window={state.window}
          critical={view.critical}
          isExpanded={isExpanded}
          showRaw={state.showRepeated}
          onToggle={() => toggle(index)}
        />
      ),
    };
  };
  return (
    <VirtualTreegrid
      label="Timeline"
      className="timeline-grid"
      rowCount={rows.length}
      rowHeight={rowHeight}
      header={<Head {...props} />}
      style={{ '--tick-lines': linesAt(ticksIn(props)) }}
      rowAt={rowAt}
      active={view.activeIndex}
      onActive={(index) => dispatch({ type: 'activate', columns, row: rows[index]! })}
      onToggle={toggle}
      onOpen={(index) => dispatch({ type: 'select', spanId: idAt(index) })}
      parentOf={(index) => rows.indexOf(columns.parent[rows[index]!]!)}
    />
  );
};
