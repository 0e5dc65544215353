import { formatDuration } from '../../shared/format.js';
import { Time } from '../../shared/time.js';
import { agentAt, hasFlag, kindAt, nameAt } from '../data/columns.js';
import type { TraceColumns } from '../data/columns.js';
import { flag } from '../data/flags.js';
import type { JaegerLog, JaegerTag } from '../data/jaeger.js';
import { titleOf } from '../data/kinds.js';
import type { SpanDetail } from '../data/messages.js';
import { useSpanDetails } from '../data/use-trace.js';
import { Attributes, Events, textOf } from './span-parts.js';
import type { TimelineView } from './timeline-view.js';

interface DetailProps {
  readonly view: TimelineView;
  readonly onGo: (row: number) => void;
  readonly onClose: () => void;
}

/** The rows that a row stands for: a pair's second half is shown with its first. */
const rowsOf = (columns: TraceColumns, row: number): readonly number[] => {
  if (row < 0) return [];
  if (!hasFlag(columns, row, flag.pairStart)) return [row];
  for (let child = row + 1; child < columns.end[row]!; child = columns.end[child]!)
    if (hasFlag(columns, child, flag.pairEnd)) return [row, child];
  return [row];
};

/** Attributes of both halves, each once; those of the PRE before those that the POST adds or changes. */
const mergedTags = (details: readonly SpanDetail[]): readonly JaegerTag[] => {
  const seen = new Set<string>();
  return details
    .flatMap(({ span }) => span.tags)
    .filter((tag) => {
      const same = `${tag.key}=${textOf(tag)}`;
      const isNew = !seen.has(same) && !(tag.key === 'event_type' && details.length > 1);
      seen.add(same);
      return isNew;
    });
};

const logsOf = ([first, second]: readonly SpanDetail[]): readonly JaegerLog[] =>
  first !== undefined && first.span.logs.length > 0 ? first.span.logs : (second?.span.logs ?? []);

const Facts = ({
  view,
  row,
  onGo,
}: {
  readonly view: TimelineView;
  readonly row: number;
  readonly onGo: (row: number) => void;
}) => {
  const { columns } = view;
  const parent = columns.parent[row]!;
  return (
    <dl className="facts">
      <dt>Duration</dt>
      <dd>{formatDuration(columns.duration[row]!)}</dd>
      <dt>Start</dt>
      <dd>
        <Time micros={columns.start[row]!} millis />
        <br />
        <span className="soft">
          {formatDuration(columns.start[row]! - columns.from)} after the trace’s start
        </span>
      </dd>
      <dt>Agent</dt>
      <dd>{agentAt(columns, row) || '–'}</dd>
      <dt>Parent</dt>
      <dd>
        {parent < 0 ? (
          <span className="soft">
            {hasFlag(columns, row, flag.parentMissing) ? 'not in the trace' : 'none: a root'}
          </span>
        ) : (
          <button type="button" className="link-button" onClick={() => onGo(parent)}>
            {titleOf(nameAt(columns, parent))}
          </button>
        )}
      </dd>
      <dt>Span id</dt>
      <dd>
        <code>{columns.spanIds[row]}</code>
      </dd>
    </dl>
  );
};

/** Everything about the selected span. */
export const SpanDetailPanel = ({ view, onGo, onClose }: DetailProps) => {
  const { columns, source, selectedRow: row } = view;
  const details = useSpanDetails(source, rowsOf(columns, row));
  if (row < 0) return null;
  const [first] = details;
  const warnings = details.flatMap(({ span }) => span.warnings ?? []);
  return (
    <aside className="detail" aria-label="The selected span">
      <header>
        <h2>
          <span className={`dot kind-${kindAt(columns, row)}`} aria-hidden="true" />{' '}
          {titleOf(nameAt(columns, row))}
        </h2>
        <button type="button" className="icon-button" aria-label="Close the span" onClick={onClose}>
          ✕
        </button>
      </header>
      <p className="soft raw-name" tabIndex={0}>
        {nameAt(columns, row)}
      </p>
      {warnings.map((warning) => (
        <p key={warning} className="badge-warn warning">
          {warning}
        </p>
      ))}
      <Facts view={view} row={row} onGo={onGo} />
      <Events key={`events ${row}`} logs={logsOf(details)} from={columns.from} />
      <Attributes key={`attributes ${row}`} title="Attributes" tags={mergedTags(details)} />
      {first?.process && (
        <Attributes title={`Service ${first.process.serviceName}`} tags={first.process.tags} />
      )}
    </aside>
  );
};
