import { useState } from 'react';
import { counted, formatCount } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { navigate, withQuery } from '../../shared/location.js';
import type { Place } from '../../shared/location.js';
import { useShortcuts } from '../../shared/shortcuts.js';
import { Busy, Empty } from '../../shared/states.js';
import { DataTable } from '../../shared/table.js';
import type { Column } from '../../shared/table.js';
import { Time } from '../../shared/time.js';
import { useResource } from '../../shared/use-resource.js';
import { FailureNote } from '../failure-note.js';
import type { PipelineSnapshot } from '../pipeline/model.js';
import { placeOfLetter } from './model.js';
import type { Letter, LetterList, Redrive } from './model.js';
import { RedriveDialog } from './redrive-dialog.js';

const columns: readonly Column<Letter>[] = [
  {
    key: 'place',
    title: 'Letter',
    cell: (letter) => <Link to={`/dead-letters/${placeOfLetter(letter)}`}>{placeOfLetter(letter)}</Link>,
  },
  { key: 'died', title: 'Died', cell: ({ died_at: at }) => <Time micros={Date.parse(at) * 1_000} /> },
  { key: 'stage', title: 'Stage', cell: ({ stage }) => stage ?? '?' },
  {
    key: 'why',
    title: 'Why',
    cell: ({ error_class: error, message }) => (
      <div className="cell-message">
        {error ?? '?'} <span className="soft">{message ?? ''}</span>
      </div>
    ),
  },
  {
    key: 'key',
    title: 'Key',
    isMinor: true,
    cell: ({ key }) => <div className="cell-key">{key ?? '–'}</div>,
  },
  {
    key: 'bytes',
    title: 'Bytes',
    isNumber: true,
    isMinor: true,
    cell: ({ value_bytes: bytes }) => formatCount(bytes),
  },
  {
    key: 'back',
    title: 'State',
    cell: ({ redriven }) =>
      redriven ? (
        <span className="badge badge-good">brought back</span>
      ) : (
        <span className="badge badge-warn">waits</span>
      ),
  },
];

const filters = ['stage', 'error_class', 'redriven', 'cursor'] as const;

const addressOf = ({ query }: Place): string => {
  const parameters = new URLSearchParams({ limit: '50' });
  for (const name of filters) {
    const value = name === 'redriven' ? (query.get(name) ?? 'false') : query.get(name);
    if (value !== null && value !== '' && value !== 'all') parameters.set(name, value);
  }
  return `/api/dead-letters?${String(parameters)}`;
};

const filteredRedrive = ({ query }: Place): Redrive => {
  const [stage, errorClass] = [query.get('stage'), query.get('error_class')];
  return {
    ...(stage === null ? {} : { stage }),
    ...(errorClass === null ? {} : { error_class: errorClass }),
  };
};

interface FiltersProps {
  readonly place: Place;
  readonly reasons: readonly string[];
  readonly onChange: (changes: Readonly<Record<string, string | undefined>>) => void;
}

const Filters = ({ place: { query }, reasons, onChange }: FiltersProps) => (
  <form className="filters card" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
    <label className="field">
      <span>Stage</span>
      <select value={query.get('stage') ?? ''} onChange={(event) => onChange({ stage: event.target.value })}>
        <option value="">any</option>
        <option value="decode">decode: no event</option>
        <option value="validate">validate: breaks a rule</option>
        <option value="export">export: refused by the backend</option>
      </select>
    </label>
    <label className="field">
      <span>Reason</span>
      <select
        value={query.get('error_class') ?? ''}
        onChange={(event) => onChange({ error_class: event.target.value })}
      >
        <option value="">any</option>
        {reasons.map((reason) => (
          <option key={reason}>{reason}</option>
        ))}
      </select>
    </label>
    <label className="field">
      <span>State</span>
      <select
        value={query.get('redriven') ?? 'false'}
        onChange={(event) =>
          onChange({ redriven: event.target.value === 'false' ? undefined : event.target.value })
        }
      >
        <option value="false">waits</option>
        <option value="true">brought back</option>
        <option value="all">all</option>
      </select>
    </label>
  </form>
);

const Nothing = ({ place }: { readonly place: Place }) =>
  filters.some((name) => place.query.has(name)) ? (
    <Empty title="No dead letter fits these filters">
      <p>
        <Link to={place.path}>Show all that wait</Link>
      </p>
    </Empty>
  ) : (
    <Empty title="No dead letters wait">
      <p>
        Every record could be taken, or was brought back since.{' '}
        <Link to={`${place.path}?redriven=all`}>Show those that were brought back</Link>
      </p>
    </Empty>
  );

interface FoundProps {
  readonly list: LetterList;
  readonly place: Place;
}

const Found = ({ list, place }: FoundProps) => (
  <>
    {list.letters.length === 0 && list.next_cursor === null && <Nothing place={place} />}
    {list.letters.length > 0 && (
      <DataTable
        caption="Dead letters, newest first"
        columns={columns}
        rows={list.letters}
        keyOf={placeOfLetter}
      />
    )}
    <div className="toolbar">
      {place.query.has('cursor') && <Link to={withQuery(place, { cursor: undefined })}>Newest</Link>}
      {list.next_cursor !== null && <Link to={withQuery(place, { cursor: list.next_cursor })}>Older</Link>}
    </div>
  </>
);

const Summary = ({ counts }: { readonly counts: PipelineSnapshot['dead_letters'] }) =>
  counts === null ? null : (
    <span className="soft">
      {formatCount(counts.pending)} of {counted(counts.total, 'letter')} wait
      {counts.complete ? '' : ', the oldest not counted'}
    </span>
  );

const reasonsOf = (pipeline: PipelineSnapshot | undefined, letters: readonly Letter[]): readonly string[] => {
  const counted = pipeline?.dead_letters?.by_reason.map(({ error_class: error }) => error) ?? [];
  const seen = letters.map(({ error_class: error }) => error);
  return [...new Set([...counted, ...seen])].filter((reason) => reason !== null).sort();
};

/** What could not be taken, why, and the way back. */
export const LettersPage = ({ place }: { readonly place: Place }) => {
  const { value: list, failure, isLoading, reload } = useResource<LetterList>(addressOf(place));
  const { value: pipeline, reload: recount } = useResource<PipelineSnapshot>('/api/pipeline');
  const [asked, setAsked] = useState<Redrive>();
  const change = (changes: Readonly<Record<string, string | undefined>>): void =>
    navigate(withQuery(place, { cursor: undefined, ...changes }));
  const refresh = (): void => {
    reload();
    recount();
  };
  useShortcuts({ title: 'Dead letters', shortcuts: [{ keys: ['r'], about: 'look again', run: refresh }] });
  const isFiltered = place.query.has('stage') || place.query.has('error_class');
  return (
    <>
      <header className="page-head">
        <h1>Dead letters</h1>
        <Summary counts={pipeline?.dead_letters ?? null} />
      </header>
      <Filters place={place} reasons={reasonsOf(pipeline, list?.letters ?? [])} onChange={change} />
      <div className="toolbar">
        <button type="button" className="button" onClick={refresh}>
          Look again
        </button>
        {list?.letters.some(({ redriven }) => !redriven) === true && (
          <button
            type="button"
            className="button button-main"
            onClick={() => setAsked(filteredRedrive(place))}
          >
            {isFiltered ? 'Bring back all that fit …' : 'Bring all back …'}
          </button>
        )}
      </div>
      {failure !== undefined && <FailureNote what="The dead letters" failure={failure} onRetry={refresh} />}
      {list === undefined && isLoading && <Busy what="Fetching dead letters" />}
      {list !== undefined && <Found list={list} place={place} />}
      {asked !== undefined && (
        <RedriveDialog redrive={asked} onDone={refresh} onClose={() => setAsked(undefined)} />
      )}
    </>
  );
};
