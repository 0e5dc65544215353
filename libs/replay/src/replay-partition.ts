import type { Refold } from '@kaizen-trace/assembler-runtime';
import { openRefold, sha256Hex } from '@kaizen-trace/assembler-runtime';
import { otelTraceId } from '@kaizen-trace/assembler-core';
import type { SpanRecord } from '@kaizen-trace/contracts';
import type { LogReader, RecordBatch } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import type { GapWatch, IncompleteTrace } from './incomplete.js';
import { activeBefore, createGapWatch } from './incomplete.js';
import type { Lists } from './lists.js';
import type { Outgoing } from './outgoing.js';
import type { PartitionPlan } from './plan.js';
import type { CompiledFilter, SpanFilter } from './span-filter.js';
import type { Tally } from './tally.js';

export interface ReplayContext {
  readonly events: LogReader;
  readonly topic: string;
  readonly filter: CompiledFilter;
  readonly services: SpanFilter['services'];
  readonly lists: Lists;
  readonly tally: Tally;
  /** Leaves out the spans of traces that are known to be incomplete. */
  readonly skipIncomplete: boolean;
  /** Ends the reading, in order. */
  readonly signal: AbortSignal;
  /** Called after some records, where others want their turn in between. */
  readonly breathe?: (() => Promise<void>) | undefined;
}

/** Records from one breath to the next: a few milliseconds of folding. */
const breathEvery = 200;

/** One partition being folded again. */
class PartitionReplay {
  readonly #context: ReplayContext;
  readonly #plan: PartitionPlan;
  readonly #outgoing: Outgoing;
  readonly #refold: Refold;
  readonly #gaps: GapWatch;
  readonly #exportFrom: bigint;
  /** OTel ids of traces whose spans are left out; as many as were remembered where the range begins, at most. */
  readonly #skipped = new Set<string>();
  /** Traces that show a gap before the range; bounded by what the watch notes. */
  readonly #suspects = new Map<string, IncompleteTrace>();
  #entered = false;
  #folded = 0;

  constructor(context: ReplayContext, plan: PartitionPlan, outgoing: Outgoing) {
    this.#context = context;
    this.#plan = plan;
    this.#outgoing = outgoing;
    this.#refold = openRefold(plan.settings, { topic: context.topic, partition: plan.partition });
    this.#gaps = createGapWatch(plan, this.#refold);
    // What an earlier run has delivered is folded again, since later spans need it, but not sent again.
    this.#exportFrom = outgoing.position > plan.from ? outgoing.position : plan.from;
  }

  async run(): Promise<void> {
    const { events, signal, tally } = this.#context;
    const { partition, foldFrom, to } = this.#plan;
    const stopped = (): boolean => signal.aborted;
    if (this.#outgoing.position >= to && this.#plan.from < to) {
      // An earlier run has done all of it, its lists too.
      tally.folded(partition, to - foldFrom, 0);
      return;
    }
    const range = { partition, from: offset(foldFrom), to: offset(to) };
    for await (const batch of events.scan(range, signal)) await this.#takeBatch(batch);
    if (stopped()) {
      await this.#outgoing.settle();
      return;
    }
    await this.#enter();
    await this.#outgoing.flush(to);
    await this.#outgoing.settle();
    if (!stopped()) await this.#listOpen();
  }

  async #takeBatch({ records, nextOffset }: RecordBatch): Promise<void> {
    const { tally, signal, filter, breathe } = this.#context;
    const before = this.#refold.deadLetters();
    for (const record of records) {
      if (signal.aborted) return;
      if (!this.#entered && record.offset >= this.#plan.from) await this.#enter();
      const spans = this.#refold.fold(record);
      for (const span of spans) {
        const found = this.#gaps.look(span);
        if (found !== undefined) await this.#suspect(found);
        if (record.offset >= this.#exportFrom && filter.span(span)) this.#add(span);
      }
      this.#folded += 1;
      if (breathe !== undefined && this.#folded % breathEvery === 0) await breathe();
      if (this.#outgoing.isFull()) await this.#outgoing.flush(record.offset + 1n);
    }
    tally.folded(this.#plan.partition, nextOffset - this.#plan.foldFrom, records.length);
    tally.deadLetters += this.#refold.deadLetters() - before;
    if (this.#outgoing.isLate() && nextOffset >= this.#exportFrom) await this.#outgoing.flush(nextOffset);
  }

  #add(span: SpanRecord): void {
    if (this.#context.skipIncomplete && this.#skipped.has(span.traceId)) this.#context.tally.skipped += 1;
    else this.#outgoing.add(span);
  }

  /** Before the range only those count that are still remembered when it begins. */
  async #suspect(found: IncompleteTrace): Promise<void> {
    if (this.#entered) await this.#note(found);
    else this.#suspects.set(found.traceId, found);
  }

  /** At the beginning of the range: which of the traces that are remembered began before the fold. */
  async #enter(): Promise<void> {
    if (this.#entered) return;
    this.#entered = true;
    const { events, signal } = this.#context;
    const look = { refold: this.#refold, signal };
    for await (const found of activeBefore(events, this.#plan, look)) await this.#note(found);
    if (this.#suspects.size === 0) return;
    for (const traceId of this.#refold.traces()) {
      const found = this.#suspects.get(traceId);
      if (found !== undefined) await this.#note(found);
    }
    this.#suspects.clear();
  }

  async #note(found: IncompleteTrace): Promise<void> {
    const { filter, tally, lists, skipIncomplete } = this.#context;
    if (skipIncomplete) this.#skipped.add(otelTraceId(sha256Hex, found.traceId));
    if (!filter.trace(found.traceId)) return;
    tally.incomplete += 1;
    await lists.incomplete(found);
  }

  async #listOpen(): Promise<void> {
    const { filter, services, tally, lists } = this.#context;
    for (const found of this.#refold.unfinished()) {
      if (!filter.trace(found.traceId)) continue;
      if (services.length > 0 && !services.includes(found.serviceName)) continue;
      tally.open += 1;
      await lists.open(this.#plan.partition, found);
    }
  }
}

/**
 * Folds one partition again and hands the wanted spans on. Ends early, in order, when the signal aborts.
 *
 * @throws OffsetOutOfRangeError where the log no longer has what the plan begins with; FoldFailedError of a bug.
 */
export const replayPartition = (
  context: ReplayContext,
  plan: PartitionPlan,
  outgoing: Outgoing,
): Promise<void> => new PartitionReplay(context, plan, outgoing).run();
