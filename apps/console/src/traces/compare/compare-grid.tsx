import { useMemo, useState } from 'react';
import { formatCount, formatDuration } from '../../shared/format.js';
import { useShortcuts } from '../../shared/shortcuts.js';
import { VirtualTreegrid } from '../../shared/virtual-treegrid.js';
import type { TreegridRow } from '../../shared/virtual-treegrid.js';
import type { TraceColumns } from '../data/columns.js';
import { comparedRows, compareTraces, differenceCounts } from '../data/comparison.js';
import type { ComparedNode, ComparedRow, Difference } from '../data/comparison.js';

interface CompareGridProps {
  readonly left: TraceColumns;
  readonly right: TraceColumns;
}

const badges: Readonly<Record<Difference, string>> = {
  added: 'badge badge-good',
  removed: 'badge badge-bad',
  changed: 'badge badge-warn',
  same: 'badge',
};

const signed = (value: number, shown: (value: number) => string): string => {
  if (value === 0) return '';
  return `${value > 0 ? '+' : '−'}${shown(Math.abs(value))}`;
};

const CountCell = ({ left, right }: ComparedNode) => (
  <div role="gridcell" className="number">
    {left.count === right.count ? (
      formatCount(left.count)
    ) : (
      <>
        {formatCount(left.count)} → {formatCount(right.count)}
      </>
    )}
  </div>
);

const DurationCells = ({ left, right, difference }: ComparedNode) => {
  const change = right.time - left.time;
  const isBoth = difference === 'changed' || difference === 'same';
  const tone = change > 0 ? 'slower' : 'faster';
  return (
    <>
      <div role="gridcell" className="number minor">
        {left.count > 0 ? formatDuration(left.time) : '–'}
      </div>
      <div role="gridcell" className="number minor">
        {right.count > 0 ? formatDuration(right.time) : '–'}
      </div>
      <div role="gridcell" className={`number ${difference === 'changed' ? tone : 'soft'}`}>
        {isBoth ? signed(change, formatDuration) : ''}
      </div>
    </>
  );
};

const ErrorCell = ({ left, right }: ComparedNode) => (
  <div role="gridcell" className="number">
    {left.errors + right.errors > 0 && (
      <span className={right.errors > 0 ? 'badge badge-bad' : 'badge badge-good'}>
        {left.errors === right.errors ? left.errors : `${left.errors} → ${right.errors}`}
      </span>
    )}
  </div>
);

const Cells = ({
  row: { node, level },
  isExpanded,
}: {
  readonly row: ComparedRow;
  readonly isExpanded: boolean | undefined;
}) => (
  <>
    <div
      role="gridcell"
      className="cell-name"
      style={{ paddingInlineStart: `${Math.min(level - 1, 24) + 0.4}rem` }}
    >
      <span className={`twist ${isExpanded === undefined ? 'twist-none' : ''}`} aria-hidden="true">
        {isExpanded === true ? '▾' : '▸'}
      </span>
      <span className={`dot kind-${node.kind}`} aria-hidden="true" />
      <span className="row-title" title={node.name}>
        {node.title}
      </span>
      {node.difference !== 'same' && <span className={badges[node.difference]}>{node.difference}</span>}
    </div>
    <CountCell {...node} />
    <ErrorCell {...node} />
    <DurationCells {...node} />
  </>
);

const heads = [
  { title: 'Operation', className: 'cell-name' },
  { title: 'Count', className: 'number' },
  { title: 'Errors', className: 'number' },
  { title: 'Before', className: 'number minor' },
  { title: 'After', className: 'number minor' },
  { title: 'Change', className: 'number' },
];

const Head = () =>
  heads.map(({ title, className }) => (
    <div key={title} role="columnheader" className={className}>
      {title}
    </div>
  ));

const Counts = ({ nodes }: { readonly nodes: readonly ComparedNode[] }) => {
  const counts = useMemo(() => differenceCounts(nodes), [nodes]);
  return (['added', 'removed', 'changed', 'same'] as const).map((each) => (
    <span key={each} className={badges[each]}>
      {formatCount(counts[each])} {each}
    </span>
  ));
};

const useCollapsing = (
  rows: readonly ComparedRow[],
  collapsed: ReadonlySet<string>,
  set: (next: ReadonlySet<string>) => void,
) => {
  const toggle = (index: number): void => {
    const row = rows[index];
    if (row?.hasChildren !== true) return;
    const next = new Set(collapsed);
    if (!next.delete(row.key)) next.add(row.key);
    set(next);
  };
  const rowAt = (index: number): TreegridRow => {
    const row = rows[index]!;
    const isExpanded = row.hasChildren ? !collapsed.has(row.key) : undefined;
    return {
      key: row.key,
      level: row.level,
      isExpanded,
      className: `difference-${row.node.difference}`,
      cells: <Cells row={row} isExpanded={isExpanded} />,
    };
  };
  return { toggle, rowAt };
};

/** Operations by the names that lead to them, with what differs. */
export const CompareGrid = ({ left, right }: CompareGridProps) => {
  const nodes = useMemo(() => compareTraces(left, right), [left, right]);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [onlyDifferences, setOnly] = useState(false);
  const [active, setActive] = useState(0);
  const rows = useMemo(
    () => comparedRows(nodes, { collapsed, onlyDifferences }),
    [nodes, collapsed, onlyDifferences],
  );
  const { toggle, rowAt } = useCollapsing(rows, collapsed, setCollapsed);
  useShortcuts({
    title: 'Compare',
    shortcuts: [
      { keys: ['o'], about: 'only differences', run: () => setOnly(!onlyDifferences) },
      { keys: ['e'], about: 'expand all', run: () => setCollapsed(new Set()) },
    ],
  });
  return (
    <>
      <div className="toolbar">
        <Counts nodes={nodes} />
        <button
          type="button"
          className="button"
          aria-pressed={onlyDifferences}
          onClick={() => setOnly(!onlyDifferences)}
        >
          Only differences
        </button>
      </div>
      <VirtualTreegrid
        label="Comparison"
        className="compare-grid"
        rowCount={rows.length}
        rowHeight={32}
        header={<Head />}
        rowAt={rowAt}
        active={Math.min(active, rows.length - 1)}
        onActive={setActive}
        onToggle={toggle}
        onOpen={toggle}
        parentOf={(index) => rows.findLastIndex((row, at) => at < index && row.level < rows[index]!.level)}
      />
    </>
  );
};
