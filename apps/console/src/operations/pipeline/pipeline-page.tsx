import { useMemo } from 'react';
import { formatDuration, formatShortCount } from '../../shared/format.js';
import { useShortcuts } from '../../shared/shortcuts.js';
import { Busy } from '../../shared/states.js';
import { FailureNote } from '../failure-note.js';
import { LiveMark } from '../live/live-mark.js';
import { usePausable } from '../live/use-pausable.js';
import { Chart } from './chart.js';
import type { Line } from './chart.js';
import { useHistory } from './history.js';
import type { Moment } from './history.js';
import type { PipelineSnapshot } from './model.js';
import { PipelineTables } from './tables.js';
import { Balance, LetterReasons, Tiles } from './tiles.js';

const dash = [5, 4] as const;
const showRate = (value: number): string =>
  formatShortCount(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
/** There is no half a record: between two, the axis says nothing. */
const showLag = (value: number): string => (Number.isInteger(value) ? formatShortCount(value) : '');
const showSeconds = (value: number): string => (value === 0 ? '0' : formatDuration(value * 1e6));

const linesOf = (moments: readonly Moment[]) => {
  const line = (label: string, token: string, of: (moment: Moment) => number | null): Line => ({
    label,
    token,
    values: moments.map(of),
  });
  return {
    times: moments.map(({ at }) => at),
    rates: [
      line('appended', '--kind-other', ({ appended }) => appended),
      line('spans', '--accent', ({ spans }) => spans),
      { ...line('exported', '--kind-model', ({ exported }) => exported), dash },
    ],
    lags: [
      line('assemblers', '--accent', ({ lag }) => lag),
      { ...line('exporters', '--kind-model', ({ exportLag }) => exportLag), dash },
    ],
    seconds: [
      line('assemblers', '--accent', ({ lagSeconds }) => lagSeconds),
      { ...line('exporters', '--kind-model', ({ exportLagSeconds }) => exportLagSeconds), dash },
    ],
  };
};

const Charts = ({ moments }: { readonly moments: readonly Moment[] }) => {
  const { times, rates, lags, seconds } = useMemo(() => linesOf(moments), [moments]);
  return (
    <div className="charts">
      <Chart title="Rates, each second" times={times} lines={rates} show={showRate} />
      <Chart title="Lag in records" times={times} lines={lags} show={showLag} />
      <Chart title="Lag in time" times={times} lines={seconds} show={showSeconds} />
    </div>
  );
};

const Problems = ({ snapshot }: { readonly snapshot: PipelineSnapshot }) =>
  snapshot.problems.length === 0 ? null : (
    <div className="strip strip-bad" role="alert">
      Not everything can be looked at:
      <ul>
        {snapshot.problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </div>
  );

/** Everything between the event log and the backend, as it goes. */
export const PipelinePage = () => {
  const { live, shown, isPaused, pause } = usePausable<PipelineSnapshot>('/api/pipeline/events');
  const moments = useHistory(shown);
  useShortcuts({
    title: 'Pipeline',
    shortcuts: [{ keys: ['p'], about: 'pause, or go on', run: () => pause(!isPaused) }],
  });
  return (
    <>
      <header className="page-head">
        <h1>Pipeline</h1>
        <LiveMark live={live} isPaused={isPaused} onPause={pause} />
      </header>
      {shown === undefined && live.failure === undefined && <Busy what="Asking the pipeline" />}
      {shown === undefined && live.failure !== undefined && (
        <FailureNote what="The pipeline" failure={live.failure} onRetry={() => window.location.reload()} />
      )}
      {shown !== undefined && (
        <>
          <Problems snapshot={shown} />
          <Tiles snapshot={shown} />
          <Charts moments={moments} />
          <div className="charts accounts">
            <Balance snapshot={shown} />
            <LetterReasons snapshot={shown} />
          </div>
          <PipelineTables snapshot={shown} />
        </>
      )}
    </>
  );
};
