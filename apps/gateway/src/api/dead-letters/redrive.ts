import { unreachable } from '@kaizen-trace/contracts';
import type { ExportOutcome } from '@kaizen-trace/otlp';
import {
  offset,
  redriveMark,
  type CommitOutcome,
  type DeadLetter,
  type LogConnection,
  type LogRecord,
  type Offset,
  type Redriver,
} from '@kaizen-trace/ports';
import { letterOf, type Letter } from './letter.js';
import { rangeOf } from './read-newest.js';
import { isAskedFor, planFor, type RedriveRequest } from './redrive-plan.js';
import { createReport, type RedriveReport, type ReportBuilder } from './redrive-report.js';
import type { RedrivenIndex } from './redriven-index.js';

/** Sends one OTLP request to the backend that spans go to. */
export type SendSpans = (request: Uint8Array) => Promise<ExportOutcome>;

export interface RedriveParts {
  readonly log: Pick<LogConnection, 'deadLetters' | 'events'>;
  readonly index: RedrivenIndex;
  /** Undefined: no backend is known here, and letters of stage `export` stay. */
  readonly sendSpans: SendSpans | undefined;
}

/** What one commit brings back at most. */
const unitLetters = 100;
const unitBytes = 4 * 1024 * 1024;

/** It cannot go on now; the message is for people. */
class RedriveStopped extends Error {
  override readonly name = 'RedriveStopped';
  readonly code = 'KAIZEN_REDRIVE_STOPPED';
}

const settle = (outcome: CommitOutcome): void => {
  switch (outcome.type) {
    case 'committed':
      return;
    case 'fenced':
      throw new RedriveStopped('somebody else brings these letters back just now; look again afterwards');
    case 'retryable':
      throw new RedriveStopped(`the log took nothing more (${outcome.cause.message}); try again later`);
    default:
      unreachable(outcome);
  }
};

/** One partition's letters on their way back, oldest first; each with its mark, or neither. */
class PartitionRedrive {
  readonly #redriver: Redriver;
  readonly #report: ReportBuilder;
  readonly #sendSpans: SendSpans | undefined;
  #letters: Letter[] = [];
  #events: { readonly partition: number; readonly record: DeadLetter }[] = [];
  #bytes = 0;

  constructor(redriver: Redriver, report: ReportBuilder, sendSpans: SendSpans | undefined) {
    this.#redriver = redriver;
    this.#report = report;
    this.#sendSpans = sendSpans;
  }

  async event(letter: Letter, partition: number, record: DeadLetter): Promise<void> {
    this.#letters.push(letter);
    this.#events.push({ partition, record });
    this.#bytes += letter.valueBytes;
    if (this.#letters.length >= unitLetters || this.#bytes >= unitBytes) await this.flush();
  }

  /** To the backend first, then the mark: a crash in between sends it once more, as the exporter would. */
  async spans(letter: Letter, request: Uint8Array): Promise<void> {
    await this.flush();
    const outcome = await this.#sendSpans?.(request);
    if (outcome === undefined) {
      this.#report.refused(
        letter,
        'no backend is known here: start the gateway with the exporter’s settings',
      );
      return;
    }
    switch (outcome.type) {
      case 'accepted':
        settle(await this.#redriver.commit({ events: [], marks: [redriveMark(offset(letter.offset))] }));
        this.#report.redriven('spans', [letter]);
        return;
      case 'partial':
        this.#report.refused(letter, `refused again, ${outcome.rejectedSpans} spans: ${outcome.message}`);
        return;
      case 'refused':
        this.#report.refused(letter, `refused again: ${outcome.cause.message}`);
        return;
      case 'retryable':
        throw new RedriveStopped(`the backend takes no spans now (${outcome.cause.message})`);
      default:
        unreachable(outcome);
    }
  }

  async flush(): Promise<void> {
    if (this.#letters.length === 0) return;
    const marks = this.#letters.map((letter) => redriveMark(offset(letter.offset)));
    settle(await this.#redriver.commit({ events: this.#events, marks }));
    this.#report.redriven('events', this.#letters);
    this.#letters = [];
    this.#events = [];
    this.#bytes = 0;
  }

  get waiting(): number {
    return this.#letters.length;
  }
}

interface Stretch {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

async function* recordsOf(
  { log }: RedriveParts,
  { partition, from, to }: Stretch,
): AsyncGenerator<LogRecord> {
  const range = { partition, from: from as Offset, to: to as Offset };
  if (from < to) for await (const { records } of log.deadLetters.scan(range)) yield* records;
}

/** The part of the partition in which letters that are asked for may lie. */
const stretchOf = async (
  { log }: RedriveParts,
  partition: number,
  { filter, letters }: RedriveRequest,
): Promise<Stretch> => {
  const { low, high } = await rangeOf(log.deadLetters, partition, filter);
  const named = letters?.filter((one) => one.partition === partition).map((one) => one.offset) ?? [];
  if (letters === undefined || named.length === 0) return { partition, from: low, to: high };
  const first = named.reduce((a, b) => (a < b ? a : b));
  const last = named.reduce((a, b) => (a > b ? a : b)) + 1n;
  return { partition, from: first > low ? first : low, to: last < high ? last : high };
};

const redrivePartition = async (
  parts: RedriveParts,
  request: RedriveRequest,
  { partition, partitions, report }: { partition: number; partitions: number; report: ReportBuilder },
): Promise<void> => {
  // The fence first: what the marks say afterwards is final, whoever was at work before.
  const redriver = request.dryRun ? undefined : await parts.log.deadLetters.openRedriver(partition);
  try {
    const stretch = await stretchOf(parts, partition, request);
    const done = await parts.index.since(partition, stretch.from);
    const way = redriver && new PartitionRedrive(redriver, report, parts.sendSpans);
    for await (const record of recordsOf(parts, stretch)) {
      const letter = letterOf(partition, record);
      if (letter === undefined || !isAskedFor(letter, request)) continue;
      const redriven = done.has(letter.offset);
      const plan = planFor({ letter, record, redriven }, request, partitions);
      if (plan.type === 'done-before') report.doneBefore();
      else if (plan.type === 'impossible') report.refused(letter, plan.reason);
      else if (report.total + (way?.waiting ?? 0) >= request.limit) {
        report.more();
        break;
      } else if (way === undefined) report.redriven(plan.type === 'event' ? 'events' : 'spans', [letter]);
      else if (plan.type === 'event') await way.event(letter, plan.partition, plan.record);
      else await way.spans(letter, plan.request);
    }
    await way?.flush();
  } finally {
    await redriver?.close();
  }
};

/**
 * Brings letters back, partition by partition, oldest first: events to the partition of the log that they came from,
 * each together with its mark or not at all; spans to the backend. Whatever stops it is in the report, with what was done.
 */
export const redrive = async (parts: RedriveParts, request: RedriveRequest): Promise<RedriveReport> => {
  const report = createReport(request.dryRun);
  try {
    const count = await parts.log.deadLetters.partitionCount();
    const partitions = await parts.log.events.partitionCount();
    for (let partition = 0; partition < count && !report.report.more; partition += 1) {
      if (request.letters !== undefined && !request.letters.some((one) => one.partition === partition))
        continue;
      await redrivePartition(parts, request, { partition, partitions, report });
    }
  } catch (error) {
    report.failed(
      error instanceof RedriveStopped
        ? error.message
        : `the log cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return report.report;
};
