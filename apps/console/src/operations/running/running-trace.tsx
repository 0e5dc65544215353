import { counted, formatDuration, formatUtc } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { kindClass } from './model.js';
import type { OpenNode, OpenTrace } from './model.js';

interface AgeProps {
  readonly since: number;
  readonly now: number;
  readonly markMs: number;
}

const Age = ({ since, now, markMs }: AgeProps) => {
  const age = Math.max(0, now - since);
  const isLong = age >= markMs;
  return (
    <time
      className={isLong ? 'age age-long' : 'age'}
      dateTime={formatUtc(since * 1_000)}
      title={`since ${formatUtc(since * 1_000)}`}
    >
      {isLong && <span className="unseen">longer than usual: </span>}
      {formatDuration(Math.floor(age / 1_000) * 1_000_000 || age * 1_000)}
    </time>
  );
};

interface NodesProps {
  readonly nodes: readonly OpenNode[];
  readonly now: number;
  readonly markMs: number;
}

const Nodes = ({ nodes, now, markMs }: NodesProps) => (
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
          <Age since={Date.parse(operation.received_at)} now={now} markMs={markMs} />
        </div>
        {children.length > 0 && <Nodes nodes={children} now={now} markMs={markMs} />}
      </li>
    ))}
  </ul>
);

interface RunningTraceProps {
  readonly trace: OpenTrace;
  readonly now: number;
  readonly markMs: number;
}

/** One trace's open operations, each below the one that waits for it. */
export const RunningTrace = ({ trace, now, markMs }: RunningTraceProps) => (
  <section className="running-trace card" aria-label={`Trace ${trace.traceId}`}>
    <header>
      <h2>
        <Link to={`/trace/${trace.otelTraceId}`}>{trace.traceId}</Link>
      </h2>
      <span className="soft">
        {trace.services.join(', ')} · {counted(trace.count, 'open operation')}
      </span>
    </header>
    <Nodes nodes={trace.roots} now={now} markMs={markMs} />
  </section>
);
