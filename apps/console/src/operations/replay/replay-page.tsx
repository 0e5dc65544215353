import { formatCount } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import type { Place } from '../../shared/location.js';
import { Busy, Empty } from '../../shared/states.js';
import { DataTable } from '../../shared/table.js';
import type { Column } from '../../shared/table.js';
import { Time } from '../../shared/time.js';
import { useResource } from '../../shared/use-resource.js';
import { FailureNote } from '../failure-note.js';
import { describeRequest, targetNames } from './model.js';
import type { Replay } from './model.js';
import { ReplayForm } from './replay-form.js';
import { StateBadge } from './state-badge.js';

const columns: readonly Column<Replay>[] = [
  { key: 'id', title: 'Replay', cell: ({ id }) => <Link to={`/replay/${id}`}>{id}</Link> },
  { key: 'began', title: 'Began', cell: ({ started_at: at }) => <Time micros={Date.parse(at) * 1_000} /> },
  { key: 'state', title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
  {
    key: 'what',
    title: 'What',
    cell: ({ request }) => (
      <>
        {targetNames[request.target]} <span className="soft">{describeRequest(request)}</span>
      </>
    ),
  },
  {
    key: 'spans',
    title: 'Spans',
    isNumber: true,
    cell: ({ progress, verdict }) => formatCount(verdict?.matched ?? progress.spans),
  },
  {
    key: 'differences',
    title: 'Differences',
    isNumber: true,
    isMinor: true,
    cell: ({ verdict }) => (verdict === null ? '–' : formatCount(verdict.differences)),
  },
];

/** A new replay, and those that were. */
export const ReplayPage = ({ place }: { readonly place: Place }) => {
  const { value, failure, isLoading, reload } = useResource<{ readonly replays: readonly Replay[] }>(
    '/api/replays',
  );
  const isBusy = value?.replays.some(({ state }) => state === 'running') === true;
  return (
    <>
      <header className="page-head">
        <h1>Replay</h1>
        <span className="soft">
          Folds the event log again, beside the assemblers, which it does not disturb.
        </span>
      </header>
      {failure !== undefined && <FailureNote what="The replays" failure={failure} onRetry={reload} />}
      {failure === undefined && (
        <ReplayForm isBusy={isBusy} traceId={place.query.get('trace') ?? ''} onBegun={reload} />
      )}
      <h2 className="section-head">The last ones</h2>
      {value === undefined && isLoading && <Busy what="Asking for replays" />}
      {value?.replays.length === 0 && (
        <Empty title="No replay yet">
          <p>
            Begin with a dry run: it counts what would be sent, and lists what is incomplete and what is open.
            The last twenty are kept while the gateway runs.
          </p>
        </Empty>
      )}
      {value !== undefined && value.replays.length > 0 && (
        <DataTable
          caption="Replays, newest first"
          columns={columns}
          rows={value.replays}
          keyOf={({ id }) => id}
        />
      )}
    </>
  );
};
