import type { StateOwner } from '@kaizen-trace/assembler-runtime';
import type { LogConnection, LogReader } from '@kaizen-trace/ports';
import type { Difference, Lists } from './lists.js';
import { inParallel } from './parallel.js';
import type { PartitionPlan } from './plan.js';
import { compileFilter, type SpanFilter } from './span-filter.js';
import type { Tally } from './tally.js';
import { type PartitionVerdict, verifyPartition } from './verify-partition.js';

export interface VerifyOptions {
  readonly log: Pick<LogConnection, 'events' | 'state'>;
  readonly spans: LogReader;
  readonly owner: StateOwner;
  readonly filter: SpanFilter;
  readonly parallel: number;
  readonly lists: Pick<Lists, 'difference'>;
  /** Made for the plans; counts as it goes. */
  readonly tally: Tally;
  /** Ends it, in order. */
  readonly signal: AbortSignal;
  /** Called now and then, where others want their turn in between. */
  readonly breathe?: (() => Promise<void>) | undefined;
}

export type VerifyEnd =
  | { readonly type: 'done'; readonly differences: number }
  | { readonly type: 'interrupted' }
  | { readonly type: 'failed'; readonly reason: string };

/** What a comparison found. */
export interface VerifySum {
  /** Spans on the topic that are what the log gives, byte for byte. */
  readonly matched: number;
  readonly differences: number;
  /** Older spans that the topic holds no longer. */
  readonly gone: number;
  /** Partitions of which no assembler has committed anything yet. */
  readonly unfolded: readonly number[];
  /** Partitions whose state keeps more than one assembly setting. */
  readonly resettled: readonly number[];
}

interface Sum extends VerifySum {
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

/** Compares the span topic with a fresh fold of the log, partition by partition, and lists each difference. */
export const runVerify = async (
  plans: readonly PartitionPlan[],
  options: VerifyOptions,
): Promise<{ readonly end: VerifyEnd; readonly sum: VerifySum }> => {
  const { log, spans, owner, tally, lists, breathe } = options;
  const sum: Sum = { matched: 0, differences: 0, gone: 0, unfolded: [], resettled: [] };
  const failing = new AbortController();
  let failure: string | undefined;
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const verify = {
    ...{ log, spans, owner, signal, breathe },
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
  if (failure !== undefined) return { end: { type: 'failed', reason: failure }, sum };
  if (options.signal.aborted) return { end: { type: 'interrupted' }, sum };
  return { end: { type: 'done', differences: sum.differences }, sum };
};
