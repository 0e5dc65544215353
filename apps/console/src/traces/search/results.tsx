import { useState } from 'react';
import { formatCount, formatDuration, shortId } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { DataTable } from '../../shared/table.js';
import type { Column } from '../../shared/table.js';
import { Time } from '../../shared/time.js';
import { titleOf } from '../data/kinds.js';
import type { TraceSummary } from '../data/summary.js';

/** How the list is sorted. */
export type ResultOrder = 'newest' | 'longest' | 'most spans' | 'most errors';

/** All orders, the first is the default. */
export const resultOrders: readonly ResultOrder[] = ['newest', 'longest', 'most spans', 'most errors'];

const rank: Readonly<Record<ResultOrder, (summary: TraceSummary) => number>> = {
  newest: ({ start }) => start,
  longest: ({ duration }) => duration,
  'most spans': ({ spans }) => spans,
  'most errors': ({ errors }) => errors,
};

const few = (names: readonly string[], most: number): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} +${names.length - most}`;

const Name = ({ summary }: { readonly summary: TraceSummary }) => (
  <>
    <Link to={`/trace/${summary.traceId}`} className="trace-link">
      {titleOf(summary.rootName)}
    </Link>{' '}
    <span className="soft">{summary.rootAgent}</span>{' '}
    {summary.abandoned > 0 && <span className="badge badge-warn">{summary.abandoned} abandoned</span>}{' '}
    {summary.running > 0 && <span className="badge badge-good">running</span>}
    <span className="soft short-id">{shortId(summary.traceId)}</span>
  </>
);

const columnsOf = (
  chosen: readonly string[],
  onChoose: (traceId: string) => void,
): readonly Column<TraceSummary>[] => [
  {
    key: 'choose',
    title: <span className="unseen">Compare</span>,
    cell: ({ traceId }) => (
      <input
        type="checkbox"
        aria-label={`Compare ${shortId(traceId)}`}
        checked={chosen.includes(traceId)}
        onChange={() => onChoose(traceId)}
      />
    ),
  },
  { key: 'name', title: 'Trace', cell: (summary) => <Name summary={summary} /> },
  { key: 'services', title: 'Services', isMinor: true, cell: ({ services }) => few(services, 2) },
  {
    key: 'agents',
    title: 'Agents',
    isMinor: true,
    cell: ({ agents }) => <span title={agents.slice(0, 50).join(', ')}>{few(agents, 2)}</span>,
  },
  { key: 'spans', title: 'Spans', isNumber: true, isMinor: true, cell: ({ spans }) => formatCount(spans) },
  {
    key: 'errors',
    title: 'Errors',
    isNumber: true,
    cell: ({ errors }) => (errors > 0 ? <span className="badge badge-bad">{formatCount(errors)}</span> : ''),
  },
  { key: 'duration', title: 'Duration', isNumber: true, cell: ({ duration }) => formatDuration(duration) },
  { key: 'start', title: 'Start', cell: ({ start }) => <Time micros={start} /> },
];

/** Rows that are in the page at first, and so many more each time. */
const page = 100;

interface ResultsProps {
  readonly summaries: readonly TraceSummary[];
  readonly order: ResultOrder;
}

/** The traces that were found; two that are chosen can be compared. */
export const Results = ({ summaries, order }: ResultsProps) => {
  const [shown, setShown] = useState(page);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const sorted = [...summaries].sort((left, right) => rank[order](right) - rank[order](left));
  const choose = (traceId: string): void =>
    setChosen(
      chosen.includes(traceId) ? chosen.filter((each) => each !== traceId) : [...chosen, traceId].slice(-2),
    );
  const [left, right] = chosen;
  return (
    <>
      <DataTable
        caption="Traces"
        columns={columnsOf(chosen, choose)}
        rows={sorted.slice(0, shown)}
        keyOf={({ traceId }) => traceId}
      />
      {sorted.length > shown && (
        <p className="more">
          <button type="button" className="button" onClick={() => setShown(shown + page)}>
            Show {Math.min(page, sorted.length - shown)} more of {formatCount(sorted.length)}
          </button>
        </p>
      )}
      {left !== undefined && (
        <p className="compare-bar" role="status">
          {right === undefined ? (
            'Choose another trace to compare the two'
          ) : (
            <Link to={`/compare?left=${left}&right=${right}`} className="button button-main">
              Compare the two traces
            </Link>
          )}
        </p>
      )}
    </>
  );
};
