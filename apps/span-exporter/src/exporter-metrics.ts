import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the exporter counts. Names are part of the dashboards: change them with those. */
export interface ExporterMetrics {
  readonly batches: Counter<'outcome'>;
  readonly spans: Counter<'outcome'>;
  readonly retries: Counter<'code'>;
  readonly bytes: Counter;
  readonly deadLetters: Counter;
  readonly backendSeconds: Histogram;
  readonly backendUp: Gauge;
  readonly inFlight: Gauge;
  readonly nextOffset: Gauge<'partition'>;
}

/** Registers the exporter's metrics; once a registry. */
export const createExporterMetrics = (registry: Registry): ExporterMetrics => ({
  ...counters([registry]),
  ...observations([registry]),
});

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
    help: 'Requests that went to the dead letters.',
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
  nextOffset: new Gauge({
    name: 'kaizen_exporter_next_offset',
    help: 'Acknowledged position in the span log, by partition.',
    labelNames: ['partition'],
    registers,
  }),
});
