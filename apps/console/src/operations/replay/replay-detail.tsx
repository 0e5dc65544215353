import { useState } from 'react';
import { counted, formatCount, formatDuration, formatShortCount } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { Busy } from '../../shared/states.js';
import { FailureNote } from '../failure-note.js';
import { useLive } from '../live/use-live.js';
import { sendJson } from '../send-json.js';
import { describeRequest, targetNames } from './model.js';
import type { Replay, ShownReplay } from './model.js';
import { ReplayLists } from './replay-lists.js';
import { StateBadge } from './state-badge.js';

/** How long it takes still, in words; nothing where that cannot be told yet. */
const leftOf = ({ progress: { fraction, records, records_per_second: rate } }: Replay): string => {
  if (fraction < 0.02 || fraction >= 1 || rate <= 0) return '';
  const seconds = Math.ceil((records / fraction - records) / rate);
  return `, about ${formatDuration(seconds * 1_000_000)} left`;
};

const Progress = ({ replay }: { readonly replay: Replay }) => {
  const percent = Math.floor(replay.progress.fraction * 100);
  return (
    <>
      <div
        className="meter meter-wide"
        role="progressbar"
        aria-label="Progress"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <i style={{ width: `${percent}%` }} />
      </div>
      <p className="soft">
        {percent} % · {counted(replay.progress.records, 'record')} folded,{' '}
        {formatShortCount(replay.progress.records_per_second)} a second
        {replay.state === 'running' && leftOf(replay)}
      </p>
    </>
  );
};

const tookOf = ({ started_at: start, ended_at: end }: Replay): string =>
  end === null ? '' : ` in ${formatDuration((Date.parse(end) - Date.parse(start)) * 1_000 || 1_000)}`;

const resultOf = (replay: Replay): string => {
  const { progress, verdict, request } = replay;
  const spans = counted(progress.spans, 'span');
  if (verdict !== null)
    return verdict.differences === 0
      ? `${counted(verdict.matched, 'span')} on the span log are what the log gives, byte for byte`
      : `${counted(verdict.differences, 'difference')} beside ${counted(verdict.matched, 'equal span')}`;
  return request.target === 'backend' ? `${spans} sent to the backend` : `${spans} would be sent`;
};

const Result = ({ replay }: { readonly replay: Replay }) => {
  switch (replay.state) {
    case 'running':
      return replay.waiting === null ? null : <p className="strip strip-warn">Waiting: {replay.waiting}</p>;
    case 'done':
      return (
        <p
          className={`strip ${(replay.verdict?.differences ?? 0) + replay.progress.refused > 0 ? 'strip-warn' : 'strip-good'}`}
          role="status"
        >
          Done{tookOf(replay)}: {resultOf(replay)}.
        </p>
      );
    case 'cancelled':
      return <p className="strip">Cancelled{tookOf(replay)}. What the backend has of it stays there.</p>;
    case 'failed':
      return <p className="strip strip-bad">{replay.failure}</p>;
  }
};

const Numbers = ({ replay: { progress, verdict } }: { readonly replay: Replay }) => {
  const rows: readonly (readonly [string, number])[] = [
    ['spans', progress.spans],
    ['refused by the backend', progress.refused],
    ['incomplete traces', progress.incomplete],
    ['spans of those, left out', progress.skipped],
    ['operations still open', progress.open],
    ['records that are no events', progress.dead_letters],
    ...(verdict === null
      ? []
      : ([
          ['equal on the span log', verdict.matched],
          ['differences', verdict.differences],
          ['gone from the span log', verdict.gone],
        ] as const)),
  ];
  return (
    <dl className="balance replay-numbers">
      {rows.map(([name, count]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{formatCount(count)}</dd>
        </div>
      ))}
    </dl>
  );
};

const hasEnded = ({ state }: ShownReplay): boolean => state !== 'running';

const Going = ({ replay }: { readonly replay: ShownReplay }) => {
  const [isCancelling, setCancelling] = useState(false);
  const cancel = async (): Promise<void> => {
    setCancelling(true);
    await sendJson<Replay>('DELETE', `/api/replays/${replay.id}`);
    setCancelling(false);
  };
  return (
    <>
      <section className="card" aria-label="How it goes">
        <p>
          {targetNames[replay.request.target]} · {describeRequest(replay.request)}
        </p>
        <Progress replay={replay} />
        <Result replay={replay} />
        {replay.state === 'running' && (
          <button
            type="button"
            className="button button-danger"
            disabled={isCancelling}
            onClick={() => void cancel()}
          >
            Cancel
          </button>
        )}
        <Numbers replay={replay} />
      </section>
      <ReplayLists replay={replay} />
    </>
  );
};

/** One replay, as it goes and what came of it. */
export const ReplayDetail = ({ id }: { readonly id: string }) => {
  const live = useLive<ShownReplay>(`/api/replays/${id}/events`, hasEnded);
  const { value: replay, failure } = live;
  return (
    <>
      <header className="page-head">
        <h1>Replay {id}</h1>
        {replay !== undefined && <StateBadge state={replay.state} />}
        <Link to="/replay">All replays</Link>
      </header>
      {replay === undefined && failure === undefined && <Busy what="Asking for the replay" />}
      {failure !== undefined && (
        <FailureNote what="The replay" failure={failure} onRetry={() => window.location.reload()} />
      )}
      {replay !== undefined && <Going replay={replay} />}
    </>
  );
};
