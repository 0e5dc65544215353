import { useMemo, useState } from 'react';
import { counted, formatCount, formatDuration, formatShortCount } from '../../shared/format.js';
import { navigate, withQuery } from '../../shared/location.js';
import type { Place } from '../../shared/location.js';
import { useShortcuts } from '../../shared/shortcuts.js';
import { VirtualTreegrid } from '../../shared/virtual-treegrid.js';
import type { TreegridRow } from '../../shared/virtual-treegrid.js';
import { agentKeys, agentRows, agentTree } from '../data/agent-tree.js';
import type { AgentRow } from '../data/agent-tree.js';
import type { TraceColumns } from '../data/columns.js';
import type { Tally } from '../data/tally.js';

interface AgentsViewProps {
  readonly columns: TraceColumns;
  readonly place: Place;
}

const tallyOf = ({ agent, group }: AgentRow): Tally | undefined => group?.tally ?? agent?.total;
const timeOf = ({ agent, group }: AgentRow): number => group?.tally.time ?? agent?.runs.time ?? 0;
const errorsOf = ({ agent, group }: AgentRow): number =>
  group?.tally.errors ?? (agent === undefined ? 0 : agent.total.errors + agent.runs.errors);

const NameCell = ({
  row,
  isExpanded,
}: {
  readonly row: AgentRow;
  readonly isExpanded: boolean | undefined;
}) => {
  const { agent, group, level } = row;
  const runs = agent?.runs.count ?? 0;
  return (
    <div
      role="gridcell"
      className="cell-name"
      style={{ paddingInlineStart: `${(level - 1) * 1.1 + 0.4}rem` }}
    >
      <span className={`twist ${isExpanded === undefined ? 'twist-none' : ''}`} aria-hidden="true">
        {isExpanded === true ? '▾' : '▸'}
      </span>
      <span className={`dot kind-${group?.kind ?? 'agent'}`} aria-hidden="true" />
      <span className={group === undefined ? 'row-title agent-name' : 'row-title'}>
        {group?.title ?? (agent?.agent === '' ? 'without an agent' : agent?.agent)}
      </span>
      {runs > 1 && <span className="soft">{counted(runs, 'run')}</span>}
    </div>
  );
};

const Cells = ({
  row,
  isExpanded,
  longest,
}: {
  readonly row: AgentRow;
  readonly isExpanded: boolean | undefined;
  readonly longest: number;
}) => {
  const tally = tallyOf(row);
  const errors = errorsOf(row);
  const tokens = (tally?.inputTokens ?? 0) + (tally?.outputTokens ?? 0);
  const split = `${formatCount(tally?.inputTokens ?? 0)} in, ${formatCount(tally?.outputTokens ?? 0)} out`;
  return (
    <>
      <NameCell row={row} isExpanded={isExpanded} />
      <div role="gridcell" className="number">
        {formatCount(tally?.count ?? 0)}
      </div>
      <div role="gridcell" className="number">
        {errors > 0 ? <span className="badge badge-bad">{formatCount(errors)}</span> : ''}
      </div>
      <div role="gridcell" className="number">
        {formatDuration(timeOf(row))}
      </div>
      <div role="gridcell" className="share minor">
        <span
          className={`bar kind-${row.group?.kind ?? 'agent'}`}
          style={{ width: `max(2px, ${(timeOf(row) / longest) * 100}%)` }}
        />
      </div>
      <div role="gridcell" className="number minor" title={tokens > 0 ? split : undefined}>
        {tokens > 0 ? formatShortCount(tokens) : ''}
      </div>
    </>
  );
};

const Head = () => (
  <>
    <div role="columnheader" className="cell-name">
      Agent, and what it did
    </div>
    <div role="columnheader" className="number">
      Count
    </div>
    <div role="columnheader" className="number">
      Errors
    </div>
    <div role="columnheader" className="number">
      Time
    </div>
    <div role="columnheader" className="share minor">
      <span className="unseen">Share of the time</span>
    </div>
    <div role="columnheader" className="number minor">
      Tokens
    </div>
  </>
);

/** Which agents are folded up, and the row that the keys act on. */
const useAgentRows = (columns: TraceColumns) => {
  const tree = useMemo(() => agentTree(columns), [columns]);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => agentRows(tree, collapsed), [tree, collapsed]);
  useShortcuts({
    title: 'Agents',
    shortcuts: [
      { keys: ['c'], about: 'collapse all', run: () => setCollapsed(new Set(agentKeys(tree))) },
      { keys: ['e'], about: 'expand all', run: () => setCollapsed(new Set()) },
    ],
  });
  const isExpanded = ({ key, hasChildren }: AgentRow): boolean | undefined =>
    hasChildren ? !collapsed.has(key) : undefined;
  const toggle = (index: number): void => {
    const next = new Set(collapsed);
    if (!next.delete(rows[index]!.key)) next.add(rows[index]!.key);
    setCollapsed(next);
  };
  return { rows, isExpanded, toggle };
};

/** Each agent below the one that called it, with what it did by kind. */
export const AgentsView = ({ columns, place }: AgentsViewProps) => {
  const { rows, isExpanded, toggle } = useAgentRows(columns);
  const [active, setActive] = useState(0);
  const longest = useMemo(() => rows.reduce((most, row) => Math.max(most, timeOf(row)), 1), [rows]);
  const rowAt = (index: number): TreegridRow => {
    const row = rows[index]!;
    const expanded = isExpanded(row);
    return {
      key: row.key,
      level: row.level,
      isExpanded: expanded,
      cells: <Cells row={row} isExpanded={expanded} longest={longest} />,
    };
  };
  const open = (index: number): void => {
    const row = rows[index]!;
    if (row.agent !== undefined) toggle(index);
    else if (row.group !== undefined)
      navigate(withQuery(place, { view: undefined, span: columns.spanIds[row.group.firstRow] }));
  };
  return (
    <VirtualTreegrid
      label="Agents"
      className="agents-grid"
      rowCount={rows.length}
      rowHeight={32}
      header={<Head />}
      rowAt={rowAt}
      active={Math.min(active, rows.length - 1)}
      onActive={setActive}
      onToggle={toggle}
      onOpen={open}
      parentOf={(index) => rows.findLastIndex((row, at) => at < index && row.level < rows[index]!.level)}
    />
  );
};
