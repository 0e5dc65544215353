import type { GrpcCode } from '@kaizen-trace/otlp';
import type { GroupMember, LogReader } from '@kaizen-trace/ports';
import { showLag, showPartitionGauge } from '@kaizen-trace/service-kit';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ExportPositions } from './api/positions.js';

/** What the exporter counts. Names are part of the dashboards: change them with those. */
export interface ExporterMetrics {
  readonly batches: Counter<'outcome'>;
  readonly spans: Counter<'outcome'>;
  readonly retries: Counter<'code'>;
  readonly bytes: Counter;
  readonly deadLetters: Counter<'reason'>;
  readonly backendSeconds: Histogram;
  readonly backendUp: Gauge;
  readonly inFlight: Gauge;
  readonly endToEndSeconds: Histogram;
}

/** There from the start: an increase from nothing to one would not be seen. */
const batchOutcomes = ['accepted', 'partial', 'refused'];
const spanOutcomes = ['accepted', 'rejected'];
/** Every way to be refused for good: one letter of any of them is told of. */
const letterReasons: readonly (GrpcCode | 'PARTIAL_SUCCESS')[] = [
  'PARTIAL_SUCCESS',
  'INVALID_ARGUMENT',
  'RESOURCE_EXHAUSTED',
  'OUT_OF_RANGE',
  'UNKNOWN',
  'INTERNAL',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'FAILED_PRECONDITION',
];

/** Registers the exporter's metrics; once a registry. */
export const createExporterMetrics = (registry: Registry): ExporterMetrics => {
  const metrics = { ...counters([registry]), ...observations([registry]) };
  for (const outcome of batchOutcomes) metrics.batches.inc({ outcome }, 0);
  for (const outcome of spanOutcomes) metrics.spans.inc({ outcome }, 0);
  for (const reason of letterReasons) metrics.deadLetters.inc({ reason }, 0);
  metrics.retries.inc({ code: 'UNAVAILABLE' }, 0);
  return metrics;
};

/** What is shown of an exporter's place in its group. */
export interface ExporterView {
  readonly positions: ExportPositions;
  /** Undefined before it has joined. */
  readonly member: () => Pick<GroupMember, 'rebalances'> | undefined;
  /** The span log; undefined before it is opened. */
  readonly spans: () => Pick<LogReader, 'allBounds' | 'appendTimes'> | undefined;
}

/** Registers what is read when Prometheus asks: positions and lag of the partitions held now, and rebalances. */
export const showExporter = (registry: Registry, { positions, member, spans }: ExporterView): void => {
  const held = () => positions.all().map(({ partition, nextOffset }) => [partition, nextOffset] as const);
  const text = {
    name: 'kaizen_exporter_next_offset',
    help: 'Acknowledged position in the span log, by partition.',
  };
  showPartitionGauge(registry, text, () =>
    held().map(([partition, nextOffset]) => [partition, Number(nextOffset)] as const),
  );
  showLag(registry, { prefix: 'kaizen_exporter', reader: spans, positions: held });
  new Counter({
    name: 'kaizen_exporter_rebalances_total',
    help: 'Times that the group has shared its partitions anew since this exporter joined.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(member()?.rebalances() ?? 0);
    },
  });
};

const counters = (registers: Registry[]) => ({
  batches: new Counter({
    name: 'kaizen_exporter_batches_total',
    help: 'Messages of the span log that are settled, by outcome: accepted, partial or refused.',
    labelNames: ['outcome'],
    registers,
  }),
  spans: new Counter({
    name: 'kaizen_exporter_spans_total',
    help: 'Spans in them, by outcome: accepted or rejected.',
    labelNames: ['outcome'],
    registers,
  }),
  retries: new Counter({
    name: 'kaizen_exporter_retries_total',
    help: 'Exports that failed and are tried again, by gRPC status code.',
    labelNames: ['code'],
    registers,
  }),
  bytes: new Counter({
    name: 'kaizen_exporter_bytes_total',
    help: 'Bytes of requests that the backend answered for good, before compression.',
    registers,
  }),
  deadLetters: new Counter({
    name: 'kaizen_exporter_dead_letters_total',
    help: 'Requests that went to the dead letters, by the gRPC status code that refused them for good.',
    labelNames: ['reason'],
    registers,
  }),
});

const observations = (registers: Registry[]) => ({
  backendSeconds: new Histogram({
    name: 'kaizen_exporter_backend_seconds',
    help: 'How long the backend takes to answer an export.',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  }),
  backendUp: new Gauge({
    name: 'kaizen_exporter_backend_up',
    help: 'Whether the last answer came from a backend that takes spans: 1, else 0.',
    registers,
  }),
  inFlight: new Gauge({
    name: 'kaizen_exporter_in_flight',
    help: 'Exports that wait for the backend to answer.',
    registers,
  }),
  endToEndSeconds: new Histogram({
    name: 'kaizen_exporter_end_to_end_seconds',
    help: 'From when the log took an event to when the backend has acknowledged its spans; one observation a message of the span log, of its oldest record.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200],
    registers,
  }),
});
