import type { ReactNode } from 'react';
import { formatCount, formatDuration, formatShortCount } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { becameOf, longestLag } from './model.js';
import type { PipelineSnapshot } from './model.js';

interface TileProps {
  readonly name: string;
  readonly figure: ReactNode;
  readonly below?: ReactNode;
  readonly tone?: 'warn' | 'bad' | undefined;
}

const Tile = ({ name, figure, below, tone }: TileProps) => (
  <div className={`tile card${tone === undefined ? '' : ` tile-${tone}`}`}>
    <dt>{name}</dt>
    <dd>
      <div className="figure">{figure}</div>
      <div className="soft">{below}</div>
    </dd>
  </div>
);

const perSecond = (value: number | undefined): ReactNode =>
  value === undefined ? (
    '–'
  ) : (
    <>
      {value < 100 ? value : formatShortCount(Math.round(value))}
      <small> / s</small>
    </>
  );

/** Exact as long as it fits. */
const figureOf = (count: number): string => (count < 100_000 ? formatCount(count) : formatShortCount(count));

const lagBelow = (ms: number | undefined): string =>
  ms === undefined ? 'nobody reads' : ms === 0 ? 'caught up' : `${formatDuration(ms * 1_000)} behind`;

/** The figures that say at a glance whether all is well. */
export const Tiles = ({ snapshot }: { readonly snapshot: PipelineSnapshot }) => {
  const { rates, totals, dead_letters: letters } = snapshot;
  const [lag, exportLag] = [longestLag(snapshot.partitions), longestLag(snapshot.exported_partitions)];
  const oldest = totals.oldest_open_age_ms;
  return (
    <dl className="tiles">
      <Tile name="Appended" figure={perSecond(rates?.appended)} below="records to the event log" />
      <Tile name="Assembled" figure={perSecond(rates?.events)} below="events" />
      <Tile name="Spans" figure={perSecond(rates?.spans)} below="finished" />
      <Tile name="Exported" figure={perSecond(rates?.exported)} below="spans taken by the backend" />
      <Tile
        name="Lag of the assemblers"
        figure={figureOf(totals.lag_records)}
        below={lagBelow(lag)}
        tone={lag === undefined || lag > 30_000 ? 'warn' : undefined}
      />
      <Tile
        name="Lag of the exporters"
        figure={figureOf(totals.export_lag_records)}
        below={lagBelow(exportLag)}
        tone={exportLag === undefined || exportLag > 30_000 ? 'warn' : undefined}
      />
      <Tile
        name="Open operations"
        figure={<Link to="/running">{figureOf(totals.open)}</Link>}
        below={oldest === null ? 'none' : `the oldest for ${formatDuration(oldest * 1_000)}`}
      />
      <Tile
        name="Dead letters"
        figure={<Link to="/dead-letters">{letters === null ? '–' : figureOf(letters.pending)}</Link>}
        below={letters === null ? 'not known' : `wait, of ${formatCount(letters.total)} in all`}
        tone={letters !== null && letters.pending > 0 ? 'warn' : undefined}
      />
    </dl>
  );
};

/** What became of every event; the parts add up. */
export const Balance = ({ snapshot }: { readonly snapshot: PipelineSnapshot }) => {
  const { counts, unaccounted_events: unaccounted } = snapshot.totals;
  return (
    <section className="card" aria-labelledby="balance">
      <h2 id="balance">
        What became of {formatCount(counts.events)} events{' '}
        {unaccounted === 0 ? (
          <span className="badge badge-good">adds up</span>
        ) : (
          <span className="badge badge-bad">does not add up</span>
        )}
      </h2>
      <dl className="balance">
        {becameOf(snapshot).map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{formatCount(count)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
};

/** Why records died. */
export const LetterReasons = ({
  snapshot: { dead_letters: letters },
}: {
  readonly snapshot: PipelineSnapshot;
}) => {
  if (letters === null || letters.total === 0) return null;
  return (
    <section className="card" aria-labelledby="reasons">
      <h2 id="reasons">Dead letters by reason</h2>
      <dl className="balance reasons">
        {letters.by_reason.map(({ stage, error_class: error, total, pending }) => (
          <div key={`${stage ?? ''} ${error ?? ''}`}>
            <dt>
              <Link
                to={`/dead-letters?${String(
                  new URLSearchParams({ stage: stage ?? '', error_class: error ?? '', redriven: 'all' }),
                )}`}
              >
                {stage ?? '?'}: {error ?? '?'}
              </Link>
            </dt>
            <dd>
              {formatCount(pending)} of {formatCount(total)} <span className="soft">wait</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
};
