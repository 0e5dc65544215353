import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import type { StateOwner } from '@kaizen-trace/assembler-runtime';
import { openRefold, readPartitionRecord } from '@kaizen-trace/assembler-runtime';
import { millis, type SpanRecord } from '@kaizen-trace/contracts';
import type { LogConnection, LogReader, LogRecord } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import type { Difference } from './lists.js';
import type { PartitionPlan } from './plan.js';
import { createSpanDigest, spanKey, spansOfMessage } from './span-digest.js';
import type { CompiledFilter } from './span-filter.js';
import { type ComputedSpan, SpanMatcher } from './span-matcher.js';

export interface VerifyContext {
  readonly log: Pick<LogConnection, 'events' | 'state'>;
  readonly spans: LogReader;
  readonly owner: StateOwner;
  readonly filter: CompiledFilter;
  readonly report: (difference: Difference) => Promise<void>;
  /** Records folded, and how far that is from where the fold began. */
  readonly folded: (partition: number, offsets: bigint, records: number) => void;
  readonly signal: AbortSignal;
  /** Called after some records, where others want their turn in between. */
  readonly breathe?: (() => Promise<void>) | undefined;
  readonly window?: number;
}

/** How one partition compared. */
export interface PartitionVerdict {
  readonly matched: number;
  readonly differences: number;
  /** Spans that the topic no longer holds. */
  readonly gone: number;
  /** Undefined: the assembler has committed nothing of it yet. */
  readonly settings: number | undefined;
}

/** Spans that wait for their counterpart, on each side: far more than a commit's, and some megabytes. */
const defaultWindow = 65_536;

/** Records from one breath to the next: a few milliseconds of folding. */
const breathEvery = 200;

interface Edge {
  /** Spans of records below must be on the topic. */
  readonly requiredTo: bigint;
  /** Spans of records below may be. */
  readonly foldTo: bigint;
  readonly liveEnd: bigint;
  readonly toLast: boolean;
  readonly table: readonly AssemblySettings[];
}

/**
 * Where the topic's end stands for. The assembler goes on meanwhile, so its position is read before the end of the topic
 * and after: what is below the first must be there, what is between the two may be.
 */
const findEdge = async (context: VerifyContext, plan: PartitionPlan): Promise<Edge | undefined> => {
  const { partition } = plan;
  const state = context.log.state({ group: context.owner.group });
  const first = await readPartitionRecord(state, partition, context.owner);
  const { end } = await context.spans.bounds(partition);
  const second = await readPartitionRecord(state, partition, context.owner);
  if (first === undefined || second === undefined) return undefined;
  const toLast = plan.to >= first.nextOffset;
  const current = JSON.stringify(plan.settings);
  return {
    requiredTo: toLast ? first.nextOffset : plan.to,
    foldTo: toLast ? second.nextOffset : plan.to,
    liveEnd: end,
    toLast,
    // The settings in force first: they say what has to be there.
    table: [plan.settings, ...second.settingsTable.filter((each) => JSON.stringify(each) !== current)],
  };
};

/** The topic's spans from about where the fold begins, message by message, as they are asked for. */
const openLiveSpans = async (
  context: VerifyContext,
  plan: PartitionPlan,
  { edge, fromFirst }: { readonly edge: Edge; readonly fromFirst: boolean },
) => {
  const { spans, log, filter, signal } = context;
  const { partition } = plan;
  const { start } = await spans.bounds(partition);
  let from: bigint = start;
  if (!fromFirst) {
    const range = { partition, from: offset(plan.foldFrom), to: offset(plan.to) };
    let time = 0;
    for await (const { records } of log.events.scan(range, signal)) {
      time = records[0]?.appendTime ?? 0;
      if (records.length > 0) break;
    }
    from = await spans.offsetAt(partition, millis(time));
  }
  async function* messages(): AsyncGenerator<LogRecord, void, undefined> {
    const range = { partition, from: offset(from), to: offset(edge.liveEnd) };
    if (range.from >= range.to) return;
    for await (const { records } of spans.scan(range, signal)) yield* records;
  }
  const iterator = messages();
  return {
    beginningGone: start > 0n,
    close: () => iterator.return(),
    /** Hands the next message's spans to the matcher; false at the end. */
    next: async (matcher: SpanMatcher): Promise<boolean> => {
      const found = await iterator.next();
      if (found.done === true) return false;
      for (const { span, serviceName } of spansOfMessage(found.value))
        if (filter.span({ traceId: span.traceId, serviceName })) matcher.offerLive(span);
      return true;
    },
  };
};

/**
 * What several folds of one stretch give, span by span: the first fold's are required, the others' allowed. A span that one
 * fold gives again, after its trace was forgotten, is one more.
 */
const createCollector = (filter: CompiledFilter) => {
  const digest = createSpanDigest();
  let found = new Map<string, ComputedSpan>();
  let times = new Map<string, number>();
  return {
    add: (
      span: SpanRecord,
      from: { readonly required: boolean; readonly offset: bigint; readonly time: number },
      place: number,
    ) => {
      if (!filter.span(span)) return;
      const key = spanKey(span);
      const byFold = `${place} ${key}`;
      const nth = times.get(byFold) ?? 0;
      times.set(byFold, nth + 1);
      const slot = `${nth} ${key}`;
      const known = found.get(slot);
      const hash = digest(span);
      if (known !== undefined) {
        const required = known.required || from.required;
        found.set(slot, { ...known, required, hashes: [...known.hashes, hash] });
        return;
      }
      const { traceId, spanId, name } = span;
      found.set(slot, { key, traceId, spanId, name, hashes: [hash], ...from });
    },
    take: (): Iterable<ComputedSpan> => {
      const taken = found.values();
      found = new Map();
      times = new Map();
      return taken;
    },
  };
};

const foldAndMatch = async (
  context: VerifyContext,
  plan: PartitionPlan,
  parts: { readonly edge: Edge; readonly matcher: SpanMatcher; readonly pull: () => Promise<void> },
): Promise<void> => {
  const { edge, matcher, pull } = parts;
  const { partition, foldFrom, from } = plan;
  const source = { topic: context.owner.topic, partition };
  const folds = edge.table.map((settings) => openRefold(settings, source));
  const collector = createCollector(context.filter);
  const range = { partition, from: offset(foldFrom), to: offset(edge.foldTo) };
  for await (const { records, nextOffset } of context.log.events.scan(range, context.signal)) {
    for (const [nth, record] of records.entries()) {
      if (context.breathe !== undefined && nth % breathEvery === 0) await context.breathe();
      const inRange = record.offset >= from && record.offset < edge.requiredTo;
      for (const [place, refold] of folds.entries()) {
        const at = { required: inRange && place === 0, offset: record.offset, time: record.appendTime };
        for (const span of refold.fold(record)) collector.add(span, at, place);
      }
    }
    for (const span of collector.take()) matcher.offerComputed(span);
    await pull();
    context.folded(partition, nextOffset - foldFrom, records.length);
  }
};

/**
 * Folds one partition again with the settings that its state keeps, and compares every span, byte by byte, with what is
 * on the span topic. Reads only.
 *
 * @throws OffsetOutOfRangeError where the log lost its beginning meanwhile; FoldFailedError of a bug.
 */
export const verifyPartition = async (
  context: VerifyContext,
  plan: PartitionPlan,
): Promise<PartitionVerdict> => {
  const edge = await findEdge(context, plan);
  if (edge === undefined) return { matched: 0, differences: 0, gone: 0, settings: undefined };
  const fromFirst = plan.foldFrom === 0n && plan.from === 0n;
  const live = await openLiveSpans(context, plan, { edge, fromFirst });
  const found: Difference[] = [];
  let differences = 0;
  const matcher = new SpanMatcher(
    {
      partition: plan.partition,
      window: context.window ?? defaultWindow,
      liveBeginningGone: live.beginningGone,
      fromFirst: fromFirst && !live.beginningGone,
      toLast: edge.toLast,
    },
    (difference) => void found.push(difference),
  );
  const tell = async (): Promise<void> => {
    differences += found.length;
    for (const difference of found.splice(0)) await context.report(difference);
  };
  let more = true;
  const pull = async (): Promise<void> => {
    while (more && matcher.wantsLive()) more = await live.next(matcher);
    await tell();
  };
  try {
    await foldAndMatch(context, plan, { edge, matcher, pull });
    if (!context.signal.aborted) matcher.endComputed();
    // The rest of the topic: until all is found, or, where the range reaches its end, to the last span.
    while (more && !context.signal.aborted && (edge.toLast || !matcher.isSatisfied())) {
      more = await live.next(matcher);
      await tell();
    }
  } finally {
    await live.close();
  }
  if (!context.signal.aborted) matcher.finish();
  await tell();
  return { matched: matcher.matched, differences, gone: matcher.gone, settings: edge.table.length };
};
