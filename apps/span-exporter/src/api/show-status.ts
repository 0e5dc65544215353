import type { ExporterStatusJson } from '@kaizen-trace/operating';
import type { Counter, Gauge } from 'prom-client';
import type { Backend } from '../backend.js';
import type { ExporterMetrics } from '../exporter-metrics.js';
import type { ExportPositions } from './positions.js';

/** What an exporter's status is made of. */
export interface StatusParts {
  readonly backend: Backend;
  readonly endpoint: string;
  readonly metrics: ExporterMetrics;
  readonly positions: ExportPositions;
  readonly startedAt: Date;
}

const sumOf = async <Label extends string>(
  metric: Counter<Label> | Gauge<Label>,
  keep: (labels: Readonly<Partial<Record<Label, string | number>>>) => boolean = () => true,
): Promise<number> => {
  const { values } = await metric.get();
  return values.filter(({ labels }) => keep(labels)).reduce((sum, { value }) => sum + value, 0);
};

/** The exporter as it is now. */
export const showStatus = async ({
  backend,
  endpoint,
  metrics,
  positions,
  startedAt,
}: StatusParts): Promise<ExporterStatusJson> => {
  const { up, awaySince, problem } = backend.status();
  return {
    started_at: startedAt.toISOString(),
    backend: {
      endpoint,
      up: up ?? null,
      away_since: awaySince === undefined ? null : new Date(awaySince).toISOString(),
      problem: problem ?? null,
    },
    in_flight: await sumOf(metrics.inFlight),
    counts: {
      batches: await sumOf(metrics.batches),
      accepted_spans: await sumOf(metrics.spans, ({ outcome }) => outcome === 'accepted'),
      rejected_spans: await sumOf(metrics.spans, ({ outcome }) => outcome === 'rejected'),
      retries: await sumOf(metrics.retries),
      dead_letters: await sumOf(metrics.deadLetters),
    },
    partitions: positions
      .all()
      .map(({ partition, nextOffset }) => ({ partition, next_offset: String(nextOffset) })),
  };
};
