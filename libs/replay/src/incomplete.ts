import type { SpanRecord } from '@kaizen-trace/contracts';
import type { LogReader } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import type { Refold } from '@kaizen-trace/assembler-runtime';
import type { PartitionPlan } from './plan.js';

/** A trace whose beginning the fold has not seen: its spans may lack parents, or be other than they once were. */
export interface IncompleteTrace {
  readonly partition: number;
  readonly traceId: string;
  readonly reason: string;
}

const decoder = new TextDecoder();

/**
 * The traces that are remembered where the range begins, and that had records before the fold began. All others start
 * after the fold did, or afresh within the range. May name a trace that had in truth been forgotten in between. Costs a
 * read, without decoding, of one more open TTL; nothing where no trace is remembered.
 */
export async function* activeBefore(
  events: LogReader,
  plan: PartitionPlan,
  { refold, signal }: { readonly refold: Refold; readonly signal: AbortSignal },
): AsyncGenerator<IncompleteTrace> {
  if (plan.lookFrom >= plan.foldFrom) return;
  const candidates = new Set(refold.traces());
  const { partition, foldFrom } = plan;
  const range = { partition, from: offset(plan.lookFrom), to: offset(foldFrom) };
  if (candidates.size === 0) return;
  for await (const { records } of events.scan(range, signal)) {
    for (const { key } of records) {
      if (key === null) continue;
      const traceId = decoder.decode(key);
      if (candidates.delete(traceId))
        yield { partition, traceId, reason: `active before offset ${foldFrom}, where the fold begins` };
    }
    if (candidates.size === 0) return;
  }
}

/** How many traces a partition notes of each kind; beyond that they are still printed, now and then twice. */
const maxNoted = 100_000;

/** Finds traces that began in a part of the log that is gone: a POST without its PRE gives them away. */
export interface GapWatch {
  /** The trace of a span, where that is an orphan whose PRE may have stood before the log's start. */
  look(span: SpanRecord): IncompleteTrace | undefined;
}

/** Watches for as long as a PRE from before could have been open, from the first span on. */
export const createGapWatch = (plan: PartitionPlan, refold: Refold): GapWatch => {
  const { partition, foldFrom, settings } = plan;
  const noted = new Set<string>();
  let until: number | undefined;
  return {
    look: (span) => {
      if (!plan.beginningGone) return undefined;
      until ??= refold.streamTime() + settings.openTtlMs + settings.reorderGraceMs;
      if (refold.streamTime() > until) return undefined;
      if (!span.attributes.some(([key, value]) => key === 'kaizen.orphan' && value === true))
        return undefined;
      const traceId = span.attributes.find(([key]) => key === 'trace_id')?.[1];
      if (typeof traceId !== 'string' || noted.has(traceId)) return undefined;
      if (noted.size < maxNoted) noted.add(traceId);
      return {
        partition,
        traceId,
        reason: `a POST without its PRE, which may have stood before the log's start at ${foldFrom}`,
      };
    },
  };
};
