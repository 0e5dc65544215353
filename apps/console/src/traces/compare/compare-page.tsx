import { useMemo, useState } from 'react';
import type { SubmitEvent } from 'react';
import { formatDuration, shortId } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { navigate } from '../../shared/location.js';
import type { Place } from '../../shared/location.js';
import { Busy, Empty, Failure } from '../../shared/states.js';
import { nameAt } from '../data/columns.js';
import type { TraceColumns } from '../data/columns.js';
import { titleOf } from '../data/kinds.js';
import { useTrace } from '../data/use-trace.js';
import { traceIdIn } from '../search/query.js';
import { CompareGrid } from './compare-grid.js';

const Choose = ({ left, right }: { readonly left: string; readonly right: string }) => {
  const [ids, setIds] = useState({ left, right });
  const [known, both] = [traceIdIn(ids.left), traceIdIn(ids.right)];
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (known !== undefined && both !== undefined) navigate(`/compare?left=${known}&right=${both}`);
  };
  const field = (side: 'left' | 'right', label: string) => (
    <label className="field">
      <span>{label}</span>
      <input
        value={ids[side]}
        placeholder="Trace id, or the address of a trace"
        onChange={({ target }) => setIds({ ...ids, [side]: target.value })}
      />
    </label>
  );
  return (
    <form className="compare-form card" aria-label="Traces to compare" onSubmit={submit}>
      {field('left', 'Before')}
      {field('right', 'After')}
      <button
        type="submit"
        className="button button-main"
        disabled={known === undefined || both === undefined}
      >
        Compare
      </button>
      <button
        type="button"
        className="button"
        disabled={left === '' || right === ''}
        onClick={() => navigate(`/compare?left=${right}&right=${left}`)}
      >
        Swap
      </button>
    </form>
  );
};

const Side = ({ label, columns }: { readonly label: string; readonly columns: TraceColumns }) => (
  <p>
    <span className="soft">{label}</span>{' '}
    <Link to={`/trace/${columns.traceId}`}>{titleOf(nameAt(columns, 0))}</Link>{' '}
    <code>{shortId(columns.traceId)}</code> <strong>{formatDuration(columns.to - columns.from)}</strong>
  </p>
);

const Compared = ({ left, right }: { readonly left: string; readonly right: string }) => {
  const [before, after] = [useTrace(left), useTrace(right)];
  const pair = useMemo(
    () =>
      before.isComplete && after.isComplete && before.columns !== undefined && after.columns !== undefined
        ? { left: before.columns, right: after.columns }
        : undefined,
    [before, after],
  );
  const failed = [before, after].find(({ failure }) => failure !== undefined);
  if (failed?.failure !== undefined)
    return (
      <Failure
        what={failed === before ? 'The trace before' : 'The trace after'}
        failure={failed.failure}
        onRetry={failed.reload}
      />
    );
  if (pair === undefined) return <Busy what="Reading both traces" />;
  return (
    <>
      <div className="compare-sides">
        <Side label="Before" columns={pair.left} />
        <Side label="After" columns={pair.right} />
      </div>
      <CompareGrid left={pair.left} right={pair.right} />
    </>
  );
};

/** Two traces laid on each other. */
export const ComparePage = ({ place }: { readonly place: Place }) => {
  const [left, right] = [place.query.get('left') ?? '', place.query.get('right') ?? ''];
  return (
    <>
      <div className="page-head">
        <h1>Compare</h1>
      </div>
      <Choose key={`${left} ${right}`} left={left} right={right} />
      {left !== '' && right !== '' ? (
        <Compared left={left} right={right} />
      ) : (
        <Empty title="Which traces?">
          <p>
            Name two, or choose them in the <Link to="/">list of traces</Link> by their boxes. They are laid
            on each other by the names of their operations, from the root down.
          </p>
        </Empty>
      )}
    </>
  );
};
