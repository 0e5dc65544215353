import { counted, formatCount, formatDuration } from '../../shared/format.js';
import { DataTable } from '../../shared/table.js';
import type { Column } from '../../shared/table.js';
import type { AssemblerRow, ExportedRow, ExporterRow, PartitionRow, PipelineSnapshot } from './model.js';

const countOrDash = (value: number | null): string => (value === null ? '–' : formatCount(value));
const lagTime = (ms: number | null): string =>
  ms === null ? '–' : ms === 0 ? 'caught up' : formatDuration(ms * 1_000);
const offsetOrDash = (text: string | null): string => (text === null ? '–' : formatCount(Number(text)));

/** `127.0.0.1:4311` of a URL. */
const hostOf = (url: string | null): string => (url === null ? '–' : url.replace(/^https?:\/\//, ''));

const phaseBadge: Readonly<Record<string, string>> = {
  running: 'badge badge-good',
  halted: 'badge badge-bad',
  unknown: 'badge badge-bad',
  unassigned: 'badge badge-warn',
};

const Phase = ({ phase, restoring, problem }: PartitionRow) => {
  const percent = restoring === null ? undefined : (restoring.done / Math.max(1, restoring.total)) * 100;
  return (
    <>
      <span className={phaseBadge[phase] ?? 'badge badge-warn'}>{phase}</span>{' '}
      {percent !== undefined && (
        <span
          className="meter"
          role="progressbar"
          aria-label="Restored"
          aria-valuenow={Math.round(percent)}
          aria-valuemin={0}
          aria-valuemax={100}
        >
          <i style={{ width: `${percent}%` }} />
        </span>
      )}
      {problem !== null && <div className="cell-message soft">{problem}</div>}
    </>
  );
};

const partitionColumns: readonly Column<PartitionRow>[] = [
  { key: 'partition', title: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { key: 'owner', title: 'Assembler', cell: ({ url }) => hostOf(url) },
  { key: 'phase', title: 'State', cell: (row) => <Phase {...row} /> },
  { key: 'lag', title: 'Lag', isNumber: true, cell: ({ lag_records: lag }) => countOrDash(lag) },
  { key: 'lagTime', title: 'Behind', isNumber: true, cell: ({ lag_ms: lag }) => lagTime(lag) },
  { key: 'open', title: 'Open', isNumber: true, cell: ({ open }) => countOrDash(open) },
  { key: 'held', title: 'Held', isNumber: true, isMinor: true, cell: ({ held }) => countOrDash(held) },
  {
    key: 'oldest',
    title: 'Oldest open',
    isNumber: true,
    cell: ({ oldest_open_age_ms: age }) => (age === null ? '–' : formatDuration(age * 1_000)),
  },
  {
    key: 'next',
    title: 'Next',
    isNumber: true,
    isMinor: true,
    cell: ({ next_offset: next }) => offsetOrDash(next),
  },
  {
    key: 'committed',
    title: 'Committed',
    isNumber: true,
    isMinor: true,
    cell: ({ committed_offset: at }) => offsetOrDash(at),
  },
  {
    key: 'end',
    title: 'Log end',
    isNumber: true,
    isMinor: true,
    cell: ({ log_end: end }) => offsetOrDash(end),
  },
];

const Up = ({ up, reason }: { readonly up: boolean; readonly reason: string | null }) =>
  up ? (
    <span className="badge badge-good">answers</span>
  ) : (
    <>
      <span className="badge badge-bad">away</span> <span className="soft">{reason}</span>
    </>
  );

const assemblerColumns: readonly Column<AssemblerRow>[] = [
  { key: 'url', title: 'Assembler', cell: ({ url, member_id: id }) => <span title={id}>{hostOf(url)}</span> },
  { key: 'up', title: 'State', cell: (row) => <Up {...row} /> },
  {
    key: 'partitions',
    title: 'Partitions',
    cell: ({ partitions }) => (partitions.length === 0 ? 'none' : partitions.join(', ')),
  },
  {
    key: 'rebalances',
    title: 'Rebalances seen',
    isNumber: true,
    cell: ({ rebalances }) => countOrDash(rebalances),
  },
];

const Backend = ({ backend }: Pick<ExporterRow, 'backend'>) => {
  if (backend === null) return <>–</>;
  if (backend.up !== false)
    return (
      <>
        <span className="badge badge-good">{backend.up === null ? 'not asked yet' : 'takes spans'}</span>{' '}
        {backend.endpoint}
      </>
    );
  return (
    <div className="cell-message">
      <span className="badge badge-bad">away</span> {backend.endpoint}
      {backend.away_since !== null && <> since {new Date(backend.away_since).toLocaleTimeString('en-GB')}</>}
      <div className="soft">{backend.problem}</div>
    </div>
  );
};

const exporterColumns: readonly Column<ExporterRow>[] = [
  { key: 'url', title: 'Exporter', cell: ({ url, member_id: id }) => <span title={id}>{hostOf(url)}</span> },
  { key: 'up', title: 'State', cell: (row) => <Up {...row} /> },
  { key: 'backend', title: 'Backend', cell: (row) => <Backend {...row} /> },
  {
    key: 'spans',
    title: 'Spans sent',
    isNumber: true,
    cell: ({ counts }) => countOrDash(counts?.accepted_spans ?? null),
  },
  {
    key: 'rejected',
    title: 'Refused',
    isNumber: true,
    isMinor: true,
    cell: ({ counts }) => countOrDash(counts?.rejected_spans ?? null),
  },
  {
    key: 'retries',
    title: 'Retries',
    isNumber: true,
    cell: ({ counts }) => countOrDash(counts?.retries ?? null),
  },
];

const exportedColumns: readonly Column<ExportedRow>[] = [
  { key: 'partition', title: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { key: 'lag', title: 'Lag, messages', isNumber: true, cell: ({ lag_records: lag }) => countOrDash(lag) },
  { key: 'lagTime', title: 'Behind', isNumber: true, cell: ({ lag_ms: lag }) => lagTime(lag) },
  { key: 'next', title: 'Next', isNumber: true, cell: ({ next_offset: next }) => offsetOrDash(next) },
  {
    key: 'end',
    title: 'Log end',
    isNumber: true,
    isMinor: true,
    cell: ({ log_end: end }) => offsetOrDash(end),
  },
];

const ofPartition = ({ partition }: { readonly partition: number }): string => String(partition);
const ofMember = ({ member_id: id }: { readonly member_id: string }): string => id;

/** Everything by partition and by service. */
export const PipelineTables = ({ snapshot }: { readonly snapshot: PipelineSnapshot }) => (
  <>
    <h2 className="section-head">Partitions of the event log</h2>
    <DataTable
      caption="Partitions of the event log"
      columns={partitionColumns}
      rows={snapshot.partitions}
      keyOf={ofPartition}
    />
    <h2 className="section-head">
      Assemblers{' '}
      {snapshot.rebalances !== null && (
        <span className="soft section-more">{counted(snapshot.rebalances, 'rebalance')} seen</span>
      )}
    </h2>
    {snapshot.assemblers.length === 0 ? (
      <p className="strip strip-warn">
        No assembler is in the group: events wait in the log. Start one with{' '}
        <code>npm run span-assembler</code>.
      </p>
    ) : (
      <DataTable
        caption="Assemblers"
        columns={assemblerColumns}
        rows={snapshot.assemblers}
        keyOf={ofMember}
      />
    )}
    <h2 className="section-head">Exporters</h2>
    {snapshot.exporters.length === 0 ? (
      <p className="strip strip-warn">
        No exporter is in the group: spans wait in the log. Start one with <code>npm run span-exporter</code>.
      </p>
    ) : (
      <DataTable caption="Exporters" columns={exporterColumns} rows={snapshot.exporters} keyOf={ofMember} />
    )}
    <h2 className="section-head">Partitions of the span log</h2>
    <DataTable
      caption="Partitions of the span log"
      columns={exportedColumns}
      rows={snapshot.exported_partitions}
      keyOf={ofPartition}
    />
  </>
);
