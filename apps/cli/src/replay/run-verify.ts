import type { StateOwner } from '@kaizen-trace/assembler-runtime';
import type { LogConnection, LogReader } from '@kaizen-trace/ports';
import type { CommandContext } from '../terminal/io.js';
import { count, showProgress } from '../terminal/progress.js';
import { createLists, type Difference } from './lists.js';
import { inParallel } from './parallel.js';
import type { PartitionPlan } from './plan.js';
import { compileFilter, type SpanFilter } from './span-filter.js';
import { createTally } from './tally.js';
import { type PartitionVerdict, verifyPartition } from './verify-partition.js';

export interface VerifyOptions {
  readonly log: Pick<LogConnection, 'events' | 'state'>;
  readonly spans: LogReader;
  readonly spansTopic: string;
  readonly owner: StateOwner;
  readonly filter: SpanFilter;
  readonly parallel: number;
  readonly json: boolean;
}

export type VerifyEnd =
  | { readonly type: 'done'; readonly differences: number }
  | { readonly type: 'interrupted' }
  | { readonly type: 'failed'; readonly reason: string };

interface Sum {
  matched: number;
  differences: number;
  gone: number;
  readonly unfolded: number[];
  readonly resettled: number[];
}

const add = (sum: Sum, partition: number, verdict: PartitionVerdict): void => {
  sum.matched += verdict.matched;
  sum.differences += verdict.differences;
  sum.gone += verdict.gone;
  if (verdict.settings === undefined) sum.unfolded.push(partition);
  else if (verdict.settings > 1) sum.resettled.push(partition);
};

const summary = (sum: Sum, spansTopic: string, folded: string): readonly string[] => [
  `${folded}; ${count(sum.matched)} spans on ${spansTopic} are what the log gives, byte for byte; ` +
    `${count(sum.differences)} differences${sum.differences > 0 ? ' (listed)' : ''}`,
  ...(sum.gone > 0
    ? [`${count(sum.gone)} older spans are on ${spansTopic} no longer, by its retention`]
    : []),
  ...(sum.unfolded.length > 0
    ? [`partitions ${sum.unfolded.join(', ')}: no assembler has committed anything yet`]
    : []),
  ...(sum.resettled.length > 0
    ? [
        `partitions ${sum.resettled.join(', ')}: the state keeps more than one assembly setting; a span may look as any of ` +
          'them gives it, and spans under settings that are kept no longer show as differences',
      ]
    : []),
];

/** Compares the span topic with a fresh fold of the log, partition by partition, and lists each difference. */
export const runVerify = async (
  context: CommandContext,
  plans: readonly PartitionPlan[],
  options: VerifyOptions,
): Promise<VerifyEnd> => {
  const tally = createTally(plans);
  const lists = createLists(context.stdout, options.json);
  const sum: Sum = { matched: 0, differences: 0, gone: 0, unfolded: [], resettled: [] };
  const failing = new AbortController();
  let failure: string | undefined;
  const signal = AbortSignal.any([context.signal, failing.signal]);
  const progress = showProgress(context.stderr, () => tally.progress('compare'));
  const { log, spans, owner } = options;
  const verify = {
    ...{ log, spans, owner, signal },
    filter: compileFilter(options.filter),
    report: (difference: Difference) => lists.difference(difference),
    folded: (partition: number, offsets: bigint, records: number) =>
      tally.folded(partition, offsets, records),
  };
  await inParallel(plans, options.parallel, async (plan) => {
    if (signal.aborted) return;
    try {
      add(sum, plan.partition, await verifyPartition(verify, plan));
    } catch (error) {
      failure ??= `partition ${plan.partition}: ${error instanceof Error ? error.message : String(error)}`;
      failing.abort();
    }
  });
  progress.stop();
  const folded = `${count(tally.records)} records of ${count(plans.length)} partitions folded (${tally.rate()})`;
  for (const line of summary(sum, options.spansTopic, folded)) context.stderr.write(`${line}\n`);
  if (failure !== undefined) return { type: 'failed', reason: failure };
  if (context.signal.aborted) return { type: 'interrupted' };
  return { type: 'done', differences: sum.differences };
};
