import { useMemo, useRef } from 'react';
import { counted, formatCount, formatDuration } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { navigate, withQuery } from '../../shared/location.js';
import type { Place } from '../../shared/location.js';
import { useShortcuts } from '../../shared/shortcuts.js';
import { Busy, Empty } from '../../shared/states.js';
import { FailureNote } from '../failure-note.js';
import { LiveMark } from '../live/live-mark.js';
import { useNow } from '../live/use-now.js';
import { usePausable } from '../live/use-pausable.js';
import { Filters } from './filters.js';
import { clockAhead, tracesOf } from './model.js';
import type { OpenSnapshot, OpenTrace } from './model.js';
import { RunningTrace } from './running-trace.js';

const asked = ['agent', 'kind', 'service', 'min_age'] as const;

const addressOf = ({ query }: Place): string => {
  const parameters = new URLSearchParams({ limit: '200' });
  for (const name of asked) {
    const value = query.get(name);
    if (value !== null && value !== '') parameters.set(name, value);
  }
  return `/api/open-operations/events?${String(parameters)}`;
};

const Silent = ({ snapshot }: { readonly snapshot: OpenSnapshot }) => {
  if (snapshot.complete) return null;
  const silent = snapshot.assemblers.filter(({ outcome }) => outcome === 'silent');
  return (
    <p className="strip strip-warn" role="status">
      Not all is shown: partitions {snapshot.missing_partitions.join(', ')} are with nobody who answers.{' '}
      {silent.map(({ url, reason }) => `${url ?? 'an assembler'}: ${reason ?? 'silent'}`).join('; ')}{' '}
      <Link to="/pipeline">See the pipeline</Link>
    </p>
  );
};

const Nothing = ({ place }: { readonly place: Place }) => {
  const isFiltered = asked.some((name) => place.query.has(name));
  if (isFiltered)
    return (
      <Empty title="Nothing that runs now fits these filters">
        <p>
          <Link to={place.path}>Show everything that runs</Link>
        </p>
      </Empty>
    );
  return (
    <Empty title="Nothing runs now">
      <p>
        An operation appears here as soon as its PRE event is in the log, long before it has a span. To see
        some: <code>npx kaizen-trace simulate --agents 8 --traces 100</code>
      </p>
      <p>
        What has ended is among the <Link to="/">traces</Link>.
      </p>
    </Empty>
  );
};

interface SummaryProps {
  readonly shown: OpenSnapshot;
  readonly traces: readonly OpenTrace[];
  readonly now: number;
}

const Summary = ({ shown, traces, now }: SummaryProps) => {
  const oldest = traces[0];
  return (
    <span className="soft">
      {counted(shown.total, 'operation')}
      {/* Of traces only those are known whose operations are shown. */}
      {shown.total === shown.operations.length && <> in {counted(traces.length, 'trace')}</>}
      {oldest !== undefined && <>, the oldest for {formatDuration((now - oldest.since) * 1_000)}</>}
    </span>
  );
};

/** What runs right now, before any span exists, with ages that go on. */
export const RunningPage = ({ place }: { readonly place: Place }) => {
  const { live, shown, isPaused, pause } = usePausable<OpenSnapshot>(addressOf(place));
  const now = useNow(isPaused ? undefined : 1_000) + clockAhead(live.value, live.heardAt);
  const traces = useMemo(() => tracesOf(shown?.operations ?? []), [shown]);
  const markMs = Number(place.query.get('mark') ?? '60') * 1_000;
  const first = useRef<HTMLInputElement>(null);
  const set = (changes: Readonly<Record<string, string | undefined>>): void =>
    navigate(withQuery(place, changes), { replace: true });
  useShortcuts({
    title: 'Running',
    shortcuts: [
      { keys: ['/'], about: 'filter', run: () => first.current?.focus() },
      { keys: ['p'], about: 'pause, or go on', run: () => pause(!isPaused) },
    ],
  });
  const oldest = traces[0];
  return (
    <>
      <header className="page-head">
        <h1>Running now</h1>
        {shown !== undefined && <Summary shown={shown} traces={traces} now={now} />}
        <LiveMark live={live} isPaused={isPaused} onPause={pause} />
      </header>
      <Filters place={place} firstField={first} onChange={set} />
      {live.failure !== undefined && shown === undefined && (
        <FailureNote what="What runs now" failure={live.failure} onRetry={() => window.location.reload()} />
      )}
      {shown === undefined && live.failure === undefined && <Busy what="Asking what runs" />}
      {shown !== undefined && <Silent snapshot={shown} />}
      {shown?.operations.length === 0 && <Nothing place={place} />}
      {traces.map((trace) => (
        <RunningTrace
          key={trace.otelTraceId}
          trace={trace}
          ages={{ now, markMs, longest: now - (oldest?.since ?? now) }}
        />
      ))}
      {shown !== undefined && shown.total > shown.operations.length && (
        <p className="soft">
          The oldest {formatCount(shown.operations.length)} of {formatCount(shown.total)} are shown. Narrow
          them with the filters.
        </p>
      )}
    </>
  );
};
