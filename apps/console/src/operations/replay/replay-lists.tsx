import { counted } from '../../shared/format.js';
import { Link } from '../../shared/link.js';
import { DataTable } from '../../shared/table.js';
import { Time } from '../../shared/time.js';
import type { ShownReplay } from './model.js';

type Listed = ShownReplay['listed'];

const Differences = ({ differences }: Pick<Listed, 'differences'>) => (
  <>
    <h2 className="section-head">Differences</h2>
    <DataTable
      caption="Differences between the log and the span log"
      columns={[
        { key: 'what', title: 'What', cell: ({ difference }) => difference },
        { key: 'trace', title: 'Trace', cell: ({ trace_id: id }) => <Link to={`/trace/${id}`}>{id}</Link> },
        { key: 'span', title: 'Span', cell: ({ span_id: id, name }) => `${name} ${id}` },
        { key: 'partition', title: 'Partition', isNumber: true, cell: ({ partition }) => partition },
      ]}
      rows={differences}
      keyOf={({ difference, span_id: id, trace_id: trace }) => `${difference} ${trace} ${id}`}
    />
  </>
);

const Incomplete = ({ incomplete }: Pick<Listed, 'incomplete'>) => (
  <>
    <h2 className="section-head">Incomplete traces</h2>
    <DataTable
      caption="Incomplete traces"
      columns={[
        { key: 'trace', title: 'Trace', cell: ({ trace_id: id }) => id },
        { key: 'why', title: 'Why', cell: ({ reason }) => reason },
      ]}
      rows={incomplete}
      keyOf={({ trace_id: id, partition }) => `${String(partition)} ${id}`}
    />
  </>
);

const StillOpen = ({ open, count }: Pick<Listed, 'open'> & { readonly count: number }) => (
  <>
    <h2 className="section-head">
      Still open{open.length < count ? `, the first ${String(open.length)}` : ''}
    </h2>
    <DataTable
      caption="Operations that are still open"
      columns={[
        { key: 'what', title: 'Operation', cell: ({ event_type: type, name }) => name ?? type },
        { key: 'agent', title: 'Agent', cell: ({ agent_id: id }) => id },
        { key: 'trace', title: 'Trace', isMinor: true, cell: ({ trace_id: id }) => id },
        { key: 'since', title: 'Since', cell: ({ since }) => <Time micros={Date.parse(since) * 1_000} /> },
      ]}
      rows={open}
      keyOf={({ partition, offset }) => `${String(partition)}/${offset}`}
    />
  </>
);

/** What a replay told one by one. */
export const ReplayLists = ({ replay: { listed, progress } }: { readonly replay: ShownReplay }) => (
  <>
    {listed.refusals.map(({ reason, spans }) => (
      <p key={reason} className="strip strip-bad">
        {counted(spans, 'span')} refused: {reason}
      </p>
    ))}
    {listed.differences.length > 0 && <Differences differences={listed.differences} />}
    {listed.incomplete.length > 0 && <Incomplete incomplete={listed.incomplete} />}
    {listed.open.length > 0 && <StillOpen open={listed.open} count={progress.open} />}
  </>
);
