import { useState } from 'react';
import { counted } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { Busy } from '../../shared/states.js';
import { Time } from '../../shared/time.js';
import { useResource } from '../../shared/use-resource.js';
import { FailureNote } from '../failure-note.js';
import { hexLines, isSecret, placeOfLetter, remedyOf } from './model.js';
import type { Bytes, Letter, ShownLetter } from './model.js';
import { RedriveDialog } from './redrive-dialog.js';

const textOf = ({ text, hex }: Bytes): string => text ?? `hex ${hex}`;

const Facts = ({ letter, shown }: { readonly letter: Letter; readonly shown: ShownLetter }) => {
  const { source } = letter;
  return (
    <dl className="letter-facts">
      <dt>Died</dt>
      <dd>
        <Time micros={Date.parse(letter.died_at) * 1_000} millis />
      </dd>
      <dt>Why</dt>
      <dd>
        <span className="badge badge-bad">{letter.stage ?? 'unknown stage'}</span>{' '}
        {letter.error_class ?? 'unknown error'}: {letter.message ?? ''}
      </dd>
      <dt>From</dt>
      <dd>
        {source.topic ?? '?'}, partition {source.partition ?? '?'}, offset {source.offset ?? '?'}
      </dd>
      {letter.redriven_from !== null && (
        <>
          <dt>Was before</dt>
          <dd>
            <Link to={`/dead-letters/${letter.redriven_from}`}>{letter.redriven_from}</Link>, brought back,
            and died again
          </dd>
        </>
      )}
      <dt>Key</dt>
      <dd>{shown.key === null ? 'none' : textOf(shown.key)}</dd>
    </dl>
  );
};

const Headers = ({ headers }: Pick<ShownLetter, 'headers'>) => (
  <>
    <h2 className="section-head">Headers</h2>
    <dl className="letter-facts">
      {headers.map(({ name, ...bytes }, nth) => (
        // A name may stand more than once.
        <div key={`${name} ${String(nth)}`} className="fact">
          <dt>{name}</dt>
          <dd>{isSecret(name) ? '(hidden: its name says that it is a secret)' : textOf(bytes)}</dd>
        </div>
      ))}
    </dl>
  </>
);

const Value = ({ shown }: { readonly shown: ShownLetter }) => {
  const decoded = shown.decoded === null ? undefined : JSON.stringify(shown.decoded, undefined, 2);
  const [view, setView] = useState<'decoded' | 'hex'>(decoded === undefined ? 'hex' : 'decoded');
  if (shown.value === null) return <p className="soft">It has no value.</p>;
  return (
    <>
      <div className="toolbar">
        <h2>Value</h2>
        <span className="soft">{counted(shown.value.hex.length / 2, 'byte')}</span>
        <button
          type="button"
          className="button button-small"
          aria-pressed={view === 'decoded'}
          disabled={decoded === undefined}
          onClick={() => setView('decoded')}
        >
          Decoded
        </button>
        <button
          type="button"
          className="button button-small"
          aria-pressed={view === 'hex'}
          onClick={() => setView('hex')}
        >
          Bytes
        </button>
      </div>
      <pre className="bytes" tabIndex={0} aria-label={view === 'hex' ? 'Bytes' : 'Decoded value'}>
        {view === 'decoded' ? decoded : hexLines(shown.value.hex)}
      </pre>
    </>
  );
};

/** One letter, whole, and the way back. */
export const LetterDetail = ({ id }: { readonly id: string }) => {
  const { value: shown, failure, isLoading, reload } = useResource<ShownLetter>(`/api/dead-letters/${id}`);
  const [asked, setAsked] = useState<{ readonly letters: readonly string[] }>();
  return (
    <>
      <header className="page-head">
        <h1>Dead letter {id}</h1>
        <Link to="/dead-letters">All dead letters</Link>
      </header>
      {isLoading && shown === undefined && <Busy what="Fetching the letter" />}
      {failure !== undefined && <FailureNote what="The letter" failure={failure} onRetry={reload} />}
      {shown !== undefined && (
        <article className="card">
          <Facts letter={shown.letter} shown={shown} />
          <p className="strip">{remedyOf(shown.letter.stage)}</p>
          <div className="toolbar">
            {shown.letter.redriven ? (
              <span className="badge badge-good">Brought back</span>
            ) : (
              <button
                type="button"
                className="button button-main"
                onClick={() => setAsked({ letters: [placeOfLetter(shown.letter)] })}
              >
                Bring it back
              </button>
            )}
          </div>
          <Value shown={shown} />
          <Headers headers={shown.headers} />
        </article>
      )}
      {asked !== undefined && (
        <RedriveDialog redrive={asked} onDone={reload} onClose={() => setAsked(undefined)} />
      )}
    </>
  );
};
