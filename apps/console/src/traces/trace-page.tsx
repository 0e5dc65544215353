import { useMemo } from 'react';
import { counted, formatDuration } from '../shared/format.js';
import { Link } from '../shared/link.js';
import { withQuery } from '../shared/location.js';
import type { Place } from '../shared/location.js';
import { Busy, Failure } from '../shared/states.js';
import { Time } from '../shared/time.js';
import { AgentsView } from './agents/agents-view.js';
import { agentAt, hasFlag, nameAt, serviceAt } from './data/columns.js';
import type { TraceColumns } from './data/columns.js';
import { flag, repeated } from './data/flags.js';
import { titleOf } from './data/kinds.js';
import { useTrace } from './data/use-trace.js';
import type { LoadedTrace } from './data/use-trace.js';
import { Timeline } from './timeline/timeline.js';

interface PartProps {
  readonly columns: TraceColumns;
  readonly place: Place;
}

interface Counts {
  readonly operations: number;
  readonly errors: number;
  readonly marks: readonly { readonly label: string; readonly count: number }[];
}

const countsOf = (columns: TraceColumns): Counts => {
  const counts = { operations: 0, errors: 0, abandoned: 0, orphan: 0, running: 0 };
  for (let row = 0; row < columns.count; row++) {
    if (hasFlag(columns, row, repeated)) continue;
    counts.operations++;
    for (const each of ['abandoned', 'orphan', 'running'] as const)
      if (hasFlag(columns, row, flag[each])) counts[each]++;
    if (hasFlag(columns, row, flag.error)) counts.errors++;
  }
  const { operations, errors, abandoned, orphan, running } = counts;
  const marks = [
    { label: 'abandoned', count: abandoned },
    { label: 'orphaned', count: orphan },
    { label: 'running', count: running },
  ];
  return { operations, errors, marks: marks.filter(({ count }) => count > 0) };
};

const Facts = ({
  columns,
  isComplete,
  arrived,
  failure,
}: LoadedTrace & { readonly columns: TraceColumns }) => {
  const { operations, errors, marks } = useMemo(() => countsOf(columns), [columns]);
  const service = serviceAt(columns, 0);
  return (
    <p className="trace-facts">
      {service !== '' && <span>{service}</span>}
      <span>
        <Time micros={columns.from} />
      </span>
      <strong>{formatDuration(columns.to - columns.from)}</strong>
      <span>
        {counted(operations, 'operation')}, {counted(columns.count, 'span')}
      </span>
      {errors > 0 && <span className="badge badge-bad">{counted(errors, 'error')}</span>}
      {marks.map(({ label, count }) => (
        <span key={label} className="badge badge-warn">
          {count} {label}
        </span>
      ))}
      {!isComplete && failure === undefined && (
        <span className="soft" role="status">
          {counted(arrived, 'span')} so far …
        </span>
      )}
    </p>
  );
};

const Views = ({ place }: { readonly place: Place }) => {
  const view = place.query.get('view') ?? 'timeline';
  const traceId = place.path.slice('/trace/'.length);
  return (
    <nav className="views" aria-label="Views of the trace">
      <Link
        to={withQuery(place, { view: undefined })}
        aria-current={view === 'timeline' ? 'page' : undefined}
      >
        Timeline
      </Link>
      <Link to={withQuery(place, { view: 'agents' })} aria-current={view === 'agents' ? 'page' : undefined}>
        Agents
      </Link>
      <Link to={`/compare?left=${traceId}`}>Compare …</Link>
    </nav>
  );
};

interface TraceProps {
  readonly trace: LoadedTrace & { readonly reload: () => void };
}

const Loaded = ({ trace, columns, place }: PartProps & TraceProps) => (
  <>
    {trace.failure !== undefined && (
      <p className="strip strip-bad cut-off" role="alert">
        <span>
          This is only the beginning of the trace: the answer broke off after {counted(columns.count, 'span')}{' '}
          ({trace.failure.message}).
        </span>
        <button type="button" className="button button-small" onClick={trace.reload}>
          Try again
        </button>
      </p>
    )}
    <div className="trace-head">
      <div>
        <h1>
          {titleOf(nameAt(columns, 0))} <span className="soft">{agentAt(columns, 0)}</span>
        </h1>
        <p className="soft trace-id">
          <code>{columns.traceId}</code>
        </p>
      </div>
      <Views place={place} />
      <Facts {...trace} columns={columns} />
    </div>
    {columns.warnings.map((warning) => (
      <p key={warning} className="warning badge-warn">
        {warning}
      </p>
    ))}
    {place.query.get('view') === 'agents' ? (
      <AgentsView columns={columns} place={place} />
    ) : (
      <Timeline columns={columns} source={trace.source} isComplete={trace.isComplete} place={place} />
    )}
  </>
);

const Absent = ({ trace: { failure, arrived, reload } }: TraceProps) => {
  if (failure === undefined)
    return (
      <Busy what={arrived > 0 ? `Reading the trace, ${counted(arrived, 'span')}` : 'Reading the trace'} />
    );
  return (
    <Failure what="The trace" failure={failure} onRetry={reload}>
      {failure.type === 'missing' && (
        <p>
          A trace shows up once its first operation has ended; what is still open is under{' '}
          <Link to="/running">Running</Link>. Old traces are removed after the retention. Or{' '}
          <Link to="/">find another</Link>.
        </p>
      )}
      {failure.type === 'refused' && failure.status === 400 && (
        <p>
          A trace id is up to 32 hex digits. A trace that an agent named otherwise has another one here:{' '}
          <Link to="/">find it</Link>.
        </p>
      )}
      {failure.type === 'away' && (
        <p>The trace store that this page came from, or the Jaeger that its server asks, must run.</p>
      )}
    </Failure>
  );
};

/** One trace: over time, or as the tree of its agents. */
export const TracePage = ({ place }: { readonly place: Place }) => {
  const trace = useTrace(place.path.slice('/trace/'.length));
  if (trace.columns !== undefined) return <Loaded trace={trace} columns={trace.columns} place={place} />;
  return (
    <>
      <h1 className="unseen">Trace</h1>
      <Absent trace={trace} />
    </>
  );
};
