import { heldByCounts, openByCounts, type Counts } from '@kaizen-trace/assembler-core';
import type { Assembler, AssemblerEvent, PartitionStatus } from '@kaizen-trace/assembler-runtime';
import { unreachable } from '@kaizen-trace/contracts';
import type { LogReader } from '@kaizen-trace/ports';
import { showLag, showPartitionGauge } from '@kaizen-trace/service-kit';
import { Counter, Histogram, type Registry } from 'prom-client';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const restoreSeconds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

/** There from the start: an increase from nothing to one would not be seen. */
const letterReasons = [
  'EmptyRecordError',
  'UnknownSchemaError',
  'BrokenRecordError',
  'KeyMismatchError',
  'InvalidEventError',
];

/** Of the totals that a partition's record keeps, those worth a metric each. */
const totals = [
  ['events', 'kaizen_assembler_events_total', 'Events taken in, of whatever fate.'],
  ['filtered', 'kaizen_assembler_filtered_total', 'Events that the filter left out.'],
  ['duplicates', 'kaizen_assembler_duplicates_total', 'Events whose id the trace had seen before.'],
  ['paired', 'kaizen_assembler_paired_total', 'Operations that their POST ended.'],
  ['orphans', 'kaizen_assembler_orphans_total', 'POSTs whose PRE did not come.'],
  ['abandoned', 'kaizen_assembler_abandoned_total', 'Operations given up because no POST came.'],
  [
    'crowdedOut',
    'kaizen_assembler_crowded_out_total',
    'Of the abandoned, those that made room for others of their trace.',
  ],
  [
    'clockSkews',
    'kaizen_assembler_clock_skews_total',
    'Pairs whose POST is earlier than its PRE by the agents’ clocks.',
  ],
  [
    'reusedCallIds',
    'kaizen_assembler_reused_call_ids_total',
    'PREs whose call_id another PRE of the trace had.',
  ],
] as const satisfies readonly (readonly [keyof Counts, string, string])[];

const createMeters = (registers: Registry[]) => ({
  records: new Counter({
    name: 'kaizen_assembler_records_total',
    help: 'Records committed: events, ticks and dead letters.',
    registers,
  }),
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
    buckets: restoreSeconds,
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

/** What is shown of an assembler. */
export interface AssemblerView {
  /** The partitions held now. */
  readonly statuses: () => readonly PartitionStatus[];
  /** Undefined before it has joined. */
  readonly assembler: () => Pick<Assembler, 'rebalances'> | undefined;
  /** The log that it folds. */
  readonly events: Pick<LogReader, 'allBounds' | 'appendTimes'>;
}

/**
 * From the assignment on, and over failures that are tried again, or a restore that never gets anywhere would not be seen.
 * None where nothing is restored any more: a halted partition waits for a person, not for its state.
 */
const restoredRatio = ({ phase, restoring }: PartitionStatus): number | undefined => {
  switch (phase) {
    case 'assigned':
    case 'acquiring':
    case 'restoring':
      return restoring === undefined ? 0 : restoring.done / Math.max(1, restoring.total);
    case 'running':
    case 'draining':
      return 1;
    case 'halted':
    case 'released':
      return undefined;
    default:
      return unreachable(phase);
  }
};

/** Gauges of the partitions held now, read when Prometheus asks; those of a revoked partition are gone. */
const showPartitions = (registry: Registry, statuses: AssemblerView['statuses']): void => {
  const show = (name: string, help: string, value: (status: PartitionStatus) => number | undefined): void =>
    showPartitionGauge(registry, { name: `kaizen_assembler_${name}`, help }, () =>
      statuses().flatMap((status) => {
        const number = value(status);
        return number === undefined ? [] : [[status.partition, number] as const];
      }),
    );
  show('partition_running', '1 while the partition is folded.', ({ phase }) => Number(phase === 'running'));
  show('partition_halted', '1 while the partition waits for a person.', ({ phase }) =>
    Number(phase === 'halted'),
  );
  show('restored_ratio', 'How much of the state is restored; 1 once the partition runs.', restoredRatio);
  show('state_memory_bytes', 'About what its state takes in memory.', ({ memory }) => memory?.bytes);
  show('next_offset', 'Position after the last commit: what is before it is done for good.', (status) =>
    status.committedOffset === undefined ? undefined : Number(status.committedOffset),
  );
  show(
    'open_operations',
    'Operations whose POST has not come.',
    ({ counts }) => counts && openByCounts(counts),
  );
  show('held_operations', 'POSTs that wait for their PRE.', ({ counts }) => counts && heldByCounts(counts));
};

/**
 * Totals of the partitions held now since the first record of each, so that they go on where the former owner left off.
 * What a failed commit throws away is folded again: until then the greater number stands, for a counter never falls.
 */
const showTotals = (registry: Registry, statuses: AssemblerView['statuses']): void => {
  for (const [count, name, help] of totals) {
    let shown = new Map<number, number>();
    new Counter({
      name,
      help,
      labelNames: ['partition'],
      registers: [registry],
      collect() {
        const next = new Map<number, number>();
        for (const { partition, counts } of statuses())
          if (counts !== undefined) next.set(partition, Math.max(counts[count], shown.get(partition) ?? 0));
        shown = next;
        this.reset();
        for (const [partition, total] of shown) this.inc({ partition }, total);
      },
    });
  }
};

const showGroup = (registry: Registry, { assembler, events, statuses }: AssemblerView): void => {
  new Counter({
    name: 'kaizen_assembler_rebalances_total',
    help: 'Times that the group has shared its partitions anew since this assembler joined.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(assembler()?.rebalances() ?? 0);
    },
  });
  showLag(registry, {
    prefix: 'kaizen_assembler',
    reader: () => events,
    // Of what is committed: what was folded and could not be is folded again, and must not look done meanwhile.
    positions: () =>
      statuses().flatMap(({ partition, committedOffset }) =>
        committedOffset === undefined ? [] : [[partition, committedOffset] as const],
      ),
  });
};

/** Registers the assembler's metrics; the returned observer feeds them. Names are part of the dashboards and alerts. */
export const observeAssembler = (
  registry: Registry,
  view: AssemblerView,
): ((event: AssemblerEvent) => void) => {
  const meters = createMeters([registry]);
  for (const reason of letterReasons) meters.deadLetters.inc({ reason }, 0);
  showPartitions(registry, view.statuses);
  showTotals(registry, view.statuses);
  showGroup(registry, view);
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
