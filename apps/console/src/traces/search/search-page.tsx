import { useCallback, useMemo, useState } from 'react';
import type { SubmitEvent } from 'react';
import { counted } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { navigate } from '../../shared/location.js';
import type { Place } from '../../shared/location.js';
import { Busy, Empty, Failure } from '../../shared/states.js';
import { useResource } from '../../shared/use-resource.js';
import { useShortcuts } from '../../shared/shortcuts.js';
import { parametersOf, problemsOf, queryOf, traceIdIn } from './query.js';
import type { TraceQuery } from './query.js';
import { Results, resultOrders } from './results.js';
import type { ResultOrder } from './results.js';
import { Scatter } from './scatter.js';
import { SearchForm } from './search-form.js';
import { mostServices, useSearch } from './use-search.js';
import type { FoundTraces } from './use-search.js';

const OpenById = () => {
  const [text, setText] = useState('');
  const [isWrong, setWrong] = useState(false);
  const open = (typed: string): void => {
    const id = traceIdIn(typed);
    if (id === undefined) setWrong(true);
    else navigate(`/trace/${id}`);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    open(text);
  };
  return (
    <form className="open-by-id" onSubmit={submit}>
      <label className="field">
        <span className="unseen">Trace id</span>
        <input
          value={text}
          placeholder="Paste a trace id"
          aria-invalid={isWrong}
          onChange={({ target }) => {
            setText(target.value);
            setWrong(false);
          }}
          onPaste={(event) => {
            const pasted = event.clipboardData.getData('text');
            if (traceIdIn(pasted) === undefined) return;
            event.preventDefault();
            open(pasted);
          }}
        />
        {isWrong && <span className="field-error">32 hex digits, or a UUID</span>}
      </label>
      <button type="submit" className="button">
        Open
      </button>
    </form>
  );
};

const NoServices = () => (
  <Empty title="No traces yet">
    <p>Publish some events, and their traces show up here. For a first look, play a fleet of agents:</p>
    <pre tabIndex={0}>npx kaizen-trace simulate --agents 8 --traces 100</pre>
    <p>Or send one of your own, where the gateway listens:</p>
    <pre tabIndex={0}>
      {`curl http://localhost:4310/v1/events -H 'content-type: application/json' --data-binary '
[{"trace_id": "run-1", "agent_id": "writer", "event_type": "pre_agent_loop"},
 {"trace_id": "run-1", "agent_id": "writer", "event_type": "post_agent_loop", "result": {"success": true}}]'`}
    </pre>
    <p>
      Where events were published and nothing shows up, <code>npx kaizen-trace doctor</code> says why.
    </p>
  </Empty>
);

const NothingFound = ({ query }: { readonly query: TraceQuery }) => {
  const asksForMore = query.tags !== '' || query.agent !== '' || query.min !== '' || query.max !== '';
  const anyTime = parametersOf({ ...query, lookback: 'all' });
  return (
    <Empty title="No trace matches">
      <p>
        {query.lookback !== 'all' && (
          <>
            Look further back, or <Link to={`/?${anyTime.toString()}`}>at any time</Link>: a recorded run
            stands where its clocks put it.{' '}
          </>
        )}
        {asksForMore && 'Ask for less. '}
        Traces show up when their first operation ends.
      </p>
    </Empty>
  );
};

interface FoundProps {
  readonly found: FoundTraces;
  readonly query: TraceQuery;
}

const Found = ({ found, query }: FoundProps) => {
  const [order, setOrder] = useState<ResultOrder>('newest');
  const open = useCallback((traceId: string) => navigate(`/trace/${traceId}`), []);
  const { summaries, failure, isLoading, notes, reload } = found;
  if (Object.keys(problemsOf(query)).length > 0)
    return (
      <Empty title="The address asks for what cannot be searched">
        <p>
          Mend what is marked above, or <Link to="/">begin anew</Link>.
        </p>
      </Empty>
    );
  if (failure !== undefined) return <Failure what="The traces" failure={failure} onRetry={reload} />;
  if (summaries === undefined) return isLoading ? <Busy what="Looking for traces" /> : null;
  if (summaries.length === 0 && !isLoading) return <NothingFound query={query} />;
  return (
    <div className={isLoading ? 'results is-loading' : 'results'} aria-busy={isLoading}>
      <Scatter summaries={summaries} onOpen={open} />
      <div className="results-head">
        <h2>{counted(summaries.length, 'trace')}</h2>
        {notes.map((note) => (
          <span key={note} className="soft">
            {note}
          </span>
        ))}
        <label className="inline-field">
          <span className="unseen">Sorted by</span>
          <select
            className="input"
            value={order}
            onChange={({ target }) => setOrder(target.value as ResultOrder)}
          >
            {resultOrders.map((each) => (
              <option key={each} value={each}>
                {each} first
              </option>
            ))}
          </select>
        </label>
        <button type="button" className="button" onClick={reload}>
          Look again
        </button>
      </div>
      <Results summaries={summaries} order={order} />
    </div>
  );
};

/** Finding traces: what is looked for stands in the address, and can be sent to someone. */
export const SearchPage = ({ place }: { readonly place: Place }) => {
  const query = useMemo(() => queryOf(place.query), [place]);
  const services = useResource<{ readonly data: readonly string[] | null }>('/api/services');
  const names = services.value === undefined ? undefined : (services.value.data ?? []);
  const found = useSearch(query, names);
  useShortcuts({
    title: 'Traces',
    shortcuts: [{ keys: ['r'], about: 'look again', run: found.reload }],
  });
  const search = (asked: TraceQuery): void => {
    const parameters = parametersOf(asked).toString();
    if (parameters === parametersOf(query).toString()) found.reload();
    else navigate(parameters === '' ? '/' : `/?${parameters}`);
  };
  return (
    <>
      <div className="page-head">
        <h1>Traces</h1>
        <OpenById />
      </div>
      {services.failure !== undefined && (
        <Failure what="The services" failure={services.failure} onRetry={services.reload}>
          <p>The trace store that this page came from, or the Jaeger that its server asks, must run.</p>
        </Failure>
      )}
      {services.isLoading && names === undefined && <Busy what="Asking for the services" />}
      {names?.length === 0 && query.service === '' && <NoServices />}
      {names !== undefined && (names.length > 0 || query.service !== '') && (
        <>
          <SearchForm key={place.query.toString()} query={query} services={names} onSearch={search} />
          {query.service === '' && names.length > mostServices && (
            <p className="soft">Only the first {mostServices} services are asked: choose one.</p>
          )}
          <Found found={found} query={query} />
        </>
      )}
    </>
  );
};
