import type { AssemblerEvent, PartitionStatus } from '@kaizen-trace/assembler-runtime';
import { unreachable } from '@kaizen-trace/contracts';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Of the totals that a partition's record keeps, those worth a gauge each. */
const countsShown = ['duplicates', 'orphans', 'abandoned', 'clockSkews', 'reusedCallIds'] as const;

const createMeters = (registers: Registry[]) => ({
  records: new Counter({ name: 'kaizen_assembler_records_total', help: 'Records committed.', registers }),
  spans: new Counter({ name: 'kaizen_assembler_spans_total', help: 'Spans committed.', registers }),
  deadLetters: new Counter({
    name: 'kaizen_assembler_dead_letters_total',
    help: 'Records that became dead letters, by error class.',
    labelNames: ['reason'],
    registers,
  }),
  commits: new Histogram({
    name: 'kaizen_assembler_commit_seconds',
    help: 'From the end of a unit to its commit.',
    buckets: seconds,
    registers,
  }),
  restores: new Histogram({
    name: 'kaizen_assembler_restore_seconds',
    help: 'Time to restore the state of a partition.',
    buckets: seconds,
    registers,
  }),
  retries: new Counter({
    name: 'kaizen_assembler_retries_total',
    help: 'Times a partition was acquired anew after a failure.',
    registers,
  }),
  fenced: new Counter({
    name: 'kaizen_assembler_fenced_total',
    help: 'Times another member had taken a partition.',
    registers,
  }),
  ticks: new Counter({
    name: 'kaizen_assembler_ticks_total',
    help: 'Ticks appended to idle partitions.',
    registers,
  }),
});

/** Gauges of the partitions held now, read when Prometheus asks; those of a revoked partition are gone. */
const showPartitions = (registers: Registry[], statuses: () => readonly PartitionStatus[]): void => {
  const perPartition = (name: string, help: string, value: (status: PartitionStatus) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ['partition'],
      registers,
      collect() {
        this.reset();
        for (const status of statuses()) {
          const number = value(status);
          if (number !== undefined) this.set({ partition: status.partition }, number);
        }
      },
    });
  perPartition('kaizen_assembler_partition_running', '1 while the partition is folded.', ({ phase }) =>
    phase === 'running' ? 1 : 0,
  );
  perPartition(
    'kaizen_assembler_restored_ratio',
    'How much of the state is restored; 1 once the partition runs.',
    ({ phase, restoring }) => {
      if (phase === 'running') return 1;
      return restoring === undefined ? undefined : restoring.done / Math.max(1, restoring.total);
    },
  );
  perPartition(
    'kaizen_assembler_state_memory_bytes',
    'About what its state takes.',
    ({ memory }) => memory?.bytes,
  );
  perPartition('kaizen_assembler_next_offset', 'Next record to fold.', ({ nextOffset }) =>
    nextOffset === undefined ? undefined : Number(nextOffset),
  );
  perPartition('kaizen_assembler_open_operations', 'Operations whose POST has not come.', ({ counts }) =>
    counts === undefined ? undefined : counts.opened - counts.paired - counts.abandoned,
  );
  for (const name of countsShown) {
    const metric = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    perPartition(
      `kaizen_assembler_partition_${metric}`,
      `Total of ${name} since the partition's first record.`,
      ({ counts }) => counts?.[name],
    );
  }
};

/** Registers the assembler's metrics; the returned observer feeds them. */
export const observeAssembler = (
  registry: Registry,
  statuses: () => readonly PartitionStatus[],
): ((event: AssemblerEvent) => void) => {
  const meters = createMeters([registry]);
  showPartitions([registry], statuses);
  return (event) => {
    switch (event.type) {
      case 'committed':
        meters.records.inc(event.records);
        meters.spans.inc(event.spans);
        meters.commits.observe(event.ms / 1000);
        return;
      case 'restored':
        meters.restores.observe(event.ms / 1000);
        return;
      case 'dead-letter':
        meters.deadLetters.inc({ reason: event.errorClass });
        return;
      case 'retrying':
        meters.retries.inc();
        return;
      case 'fenced':
        meters.fenced.inc();
        return;
      case 'tick':
        meters.ticks.inc();
        return;
      case 'restoring':
      case 'phase':
      case 'halted':
        return;
      default:
        return unreachable(event);
    }
  };
};
