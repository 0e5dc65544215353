import { counted, formatDuration, formatUtc } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { kindClass } from './model.js';
import type { OpenNode, OpenTrace } from './model.js';

/** What ages are measured by; milliseconds. */
interface Ages {
  readonly now: number;
  readonly markMs: number;
  /** The age of the oldest operation that is shown. */
  readonly longest: number;
}

const Age = ({ since, ages: { now, markMs, longest } }: { readonly since: number; readonly ages: Ages }) => {
  const age = Math.max(0, now - since);
  const isLong = age >= markMs;
  const share = Math.min(100, (age / Math.max(1, longest)) * 100);
  return (
    <>
      <span className={isLong ? 'age-bar age-bar-long' : 'age-bar'} aria-hidden="true">
        <i style={{ width: `max(2px, ${share}%)` }} />
      </span>
      <time
        className={isLong ? 'age age-long' : 'age'}
        dateTime={formatUtc(since * 1_000)}
        title={`since ${formatUtc(since * 1_000)}`}
      >
        {isLong && <span className="unseen">longer than usual: </span>}
        {formatDuration(Math.floor(age / 1_000) * 1_000_000 || age * 1_000)}
      </time>
    </>
  );
};

interface NodesProps {
  readonly nodes: readonly OpenNode[];
  readonly ages: Ages;
}

const Nodes = ({ nodes, ages }: NodesProps) => (
  <ul className="running-nodes">
    {nodes.map(({ operation, children }) => (
      <li key={operation.span_id}>
        <div className="running-row" data-span={operation.span_id}>
          <span className={`dot ${kindClass(operation.kind)}`} aria-hidden="true" />
          <span className="running-name">
            {operation.name ?? operation.kind}
            {operation.name !== null && operation.name !== operation.kind && (
              <span className="soft"> {operation.kind}</span>
            )}
          </span>
          <span className="running-agent soft">{operation.agent_id}</span>
          <Age since={Date.parse(operation.received_at)} ages={ages} />
        </div>
        {children.length > 0 && <Nodes nodes={children} ages={ages} />}
      </li>
    ))}
  </ul>
);

interface RunningTraceProps {
  readonly trace: OpenTrace;
  readonly ages: Ages;
}

/** One trace's open operations, each below the one that waits for it. */
export const RunningTrace = ({ trace, ages }: RunningTraceProps) => (
  <section className="running-trace card" aria-label={`Trace ${trace.traceId}`}>
    <header>
      <h2>
        <Link to={`/trace/${trace.otelTraceId}`}>{trace.traceId}</Link>
      </h2>
      <span className="soft">
        {trace.services.join(', ')} · {counted(trace.count, 'open operation')}
      </span>
    </header>
    <Nodes nodes={trace.roots} ages={ages} />
  </section>
);
