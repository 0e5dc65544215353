import { useState } from 'react';
import { counted, formatCount, formatDuration } from '../../shared/format.js';
import type { JaegerLog, JaegerTag } from '../data/jaeger.js';

/** A tag's value as text. */
export const textOf = ({ value }: JaegerTag): string => (value === null ? '' : String(value));

/** Longer texts are cut until they are asked for: the page must not lay out what nobody reads. */
const longText = 2_000;

const Text = ({ text }: { readonly text: string }) => {
  const [isWhole, setWhole] = useState(false);
  if (text.length <= longText || isWhole) return text;
  return (
    <>
      {text.slice(0, longText)}…
      <button type="button" className="link-button" onClick={() => setWhole(true)}>
        Show all {counted(text.length, 'character')}
      </button>
    </>
  );
};

interface AttributesProps {
  readonly title: string;
  readonly tags: readonly JaegerTag[];
}

/** Keys and values below a title; nothing where there are none. */
export const Attributes = ({ title, tags }: AttributesProps) =>
  tags.length === 0 ? null : (
    <section>
      <h3>{title}</h3>
      <dl className="attributes">
        {tags.map((tag, index) => (
          <div key={`${tag.key}-${index}`}>
            <dt>{tag.key}</dt>
            <dd className={tag.key === 'error' ? 'bad' : undefined}>
              <Text text={textOf(tag)} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );

const valueIn = ({ fields }: JaegerLog, key: string): string | undefined => {
  const field = fields.find((each) => each.key === key);
  return field && textOf(field);
};

const Exception = ({ log }: { readonly log: JaegerLog }) => {
  const stack = valueIn(log, 'exception.stacktrace');
  return (
    <div className="exception">
      <strong>{valueIn(log, 'exception.type') ?? 'Error'}</strong>
      <p>{valueIn(log, 'exception.message')}</p>
      {stack !== undefined && <pre tabIndex={0}>{stack}</pre>}
    </div>
  );
};

const Event = ({ log, from }: { readonly log: JaegerLog; readonly from: number }) => {
  const name = valueIn(log, 'event') ?? 'event';
  return (
    <li>
      <span className="soft">{formatDuration(log.timestamp - from)} after the start</span>
      {name === 'exception' ? (
        <Exception log={log} />
      ) : (
        <Attributes title={name} tags={log.fields.filter(({ key }) => key !== 'event')} />
      )}
    </li>
  );
};

/** Events that are in the page at first, and so many more each time. */
const eventsAtOnce = 50;

interface EventsProps {
  readonly logs: readonly JaegerLog[];
  /** When the trace began, in microseconds. */
  readonly from: number;
}

/** What happened within a span, a part of it at a time. */
export const Events = ({ logs, from }: EventsProps) => {
  const [shown, setShown] = useState(eventsAtOnce);
  if (logs.length === 0) return null;
  return (
    <section>
      <h3>
        Events {logs.length > 1 && <span className="soft section-more">{formatCount(logs.length)}</span>}
      </h3>
      <ol className="events">
        {logs.slice(0, shown).map((log, index) => (
          <Event key={index} log={log} from={from} />
        ))}
      </ol>
      {logs.length > shown && (
        <button type="button" className="button button-small" onClick={() => setShown(shown + eventsAtOnce)}>
          Show {formatCount(Math.min(eventsAtOnce, logs.length - shown))} more of {formatCount(logs.length)}
        </button>
      )}
    </section>
  );
};
