import { setTimeout as sleep } from 'node:timers/promises';
import { asError, offset, OffsetOutOfRangeError, type Offset, type RecordBatch } from '@kaizen-trace/ports';
import type { LogBounds } from '@kaizen-trace/ports';
import { brokerCodeOf, brokerCodes } from './wire/errors.js';
import { fetchRecords } from './wire/fetch.js';
import { Link, withLink, type LinkSettings } from './wire/link.js';
import { UnreadableBatchError, type ReadRecords } from './wire/record-batch-reader.js';

const readUncommitted = 0;
const readCommitted = 1;
const earliest = { timestamp: -2 };
const latest = { timestamp: -1 };
const firstPauseMs = 50;
const longestPauseMs = 1000;
/** How long an answered commit's markers may take to reach the partition; they are written after the answer. */
const markerLimitMs = 5000;

interface PartitionSource {
  readonly topic: string;
  readonly partition: number;
}

interface OffsetQuestion {
  readonly timestamp: number;
  readonly isolationLevel?: number;
}

/** Asks one partition's leader for an offset by time (or −2, −1); undefined where no record is that young. */
const listOffset = async (
  link: Link,
  source: PartitionSource,
  { timestamp, isolationLevel = readCommitted }: OffsetQuestion,
): Promise<bigint | undefined> => {
  const { topic, partition } = source;
  const broker = await link.leader(topic, partition);
  const topics = [{ topic, partitions: [{ partition, timestamp }] }];
  const { responses } = await broker.listOffsets({ isolationLevel, topics });
  const found = BigInt(responses[0]?.partitions[0]?.offset ?? -1);
  return found < 0n ? undefined : found;
};

/** Repeats a cheap look-up over a fresh link for a few seconds, through a leader's change or a lost connection. */
export const patiently = async <T>(
  settings: LinkSettings,
  work: (link: Link) => Promise<T>,
  limitMs = 10_000,
): Promise<T> => {
  const deadline = Date.now() + limitMs;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      return await withLink(settings, work);
    } catch (error) {
      if (settings.kill?.aborted === true || Date.now() + pause > deadline) throw error;
      await sleep(pause);
    }
  }
};

/**
 * The end for a reader of committed records. A broker answers a commit before its markers stand in every partition, and
 * until then hides what was committed: so this waits for what was there when it asked, unless a transaction that is
 * still open holds it up for longer than a commit takes.
 */
const committedEnd = async (link: Link, source: PartitionSource): Promise<bigint | undefined> => {
  const written = await listOffset(link, source, { ...latest, isolationLevel: readUncommitted });
  const deadline = Date.now() + markerLimitMs;
  for (let pause = 5; ; pause = Math.min(pause * 2, 200)) {
    const end = await listOffset(link, source, latest);
    if (written === undefined || (end !== undefined && end >= written)) return end;
    if (Date.now() + pause > deadline) return end;
    await sleep(pause);
  }
};

/** The partition's bounds for a reader of committed records: all that was committed before the call lies within. */
export const readBounds = (settings: LinkSettings, topic: string, partition: number): Promise<LogBounds> =>
  patiently(settings, async (link) => {
    const source = { topic, partition };
    const start = await listOffset(link, source, earliest);
    const end = await committedEnd(link, source);
    return { start: offset(start ?? 0n), end: offset(end ?? 0n) };
  });

/** The first offset at or after `time`, or the end. */
export const readOffsetAt = async (
  settings: LinkSettings,
  source: PartitionSource,
  time: number,
): Promise<Offset> =>
  patiently(settings, async (link) => {
    const found = await listOffset(link, source, { timestamp: Math.max(0, time) });
    return offset(found ?? (await listOffset(link, source, latest)) ?? 0n);
  });

/** What to read, and how. */
export interface ReadPlan {
  readonly link: LinkSettings;
  readonly topic: string;
  readonly partition: number;
  readonly from: Offset;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly signal: AbortSignal;
}

/** One fetch after the other on a link of its own; a failure is tried again for as long as it takes. */
class Fetcher {
  readonly #plan: ReadPlan;
  #link: Link;

  constructor(plan: ReadPlan) {
    this.#plan = plan;
    this.#link = new Link(plan.link);
  }

  close = (): void => this.#link.destroy();

  #stopped(): boolean {
    return this.#plan.signal.aborted;
  }

  /** What stands at `from`, or undefined when the signal has aborted. @throws OffsetOutOfRangeError */
  async fetch(from: bigint): Promise<ReadRecords | undefined> {
    const { topic, partition, maxBytes, maxWaitMs, signal } = this.#plan;
    for (let pause = firstPauseMs; !this.#stopped(); pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        if (this.#link.destroyed) this.#link = new Link(this.#plan.link);
        const broker = await this.#link.leader(topic, partition);
        return await fetchRecords(broker, { topic, partition, from, maxBytes, maxWaitMs });
      } catch (error) {
        if (this.#stopped()) return undefined;
        this.#link.destroy();
        if (error instanceof UnreadableBatchError || this.#plan.link.kill?.aborted === true) throw error;
        if (brokerCodeOf(error) === brokerCodes.offsetOutOfRange) await this.#explain(from);
        this.#plan.link.log('warn', `reading ${topic}[${partition}] at ${from}: ${asError(error).message}`);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  /** Tells records that are gone from a leader that lags behind; the first is an error, the second passes. */
  async #explain(from: bigint): Promise<void> {
    const { link, topic, partition } = this.#plan;
    const { start, end } = await readBounds(link, topic, partition);
    if (from < start) throw new OffsetOutOfRangeError({ partition, wanted: offset(from), logStart: start });
    if (from > end) {
      throw new Error(
        `${topic}[${partition}] ends at ${end}, before the position ${from}: the topic was recreated or has lost ` +
          'records; restore it, or start afresh under another KAIZEN_TOPIC_PREFIX',
      );
    }
  }
}

/**
 * Committed records from `from` on, waiting at the end for more, until the signal aborts. At the reader's pace: one
 * batch is in its hands and one is being fetched, never more. There is no automatic reset: a position that the log does
 * not hold is an error.
 *
 * @throws OffsetOutOfRangeError where the position lies below the log's start.
 * @throws UnreadableBatchError for records that cannot be decoded.
 */
export async function* readPartition(plan: ReadPlan): AsyncGenerator<RecordBatch, void, undefined> {
  // Also stops what was fetched ahead for a reader that has left its loop.
  const left = new AbortController();
  const signal = AbortSignal.any([plan.signal, left.signal]);
  const stopped = (): boolean => signal.aborted;
  if (stopped()) return;
  const fetcher = new Fetcher({ ...plan, signal });
  signal.addEventListener('abort', fetcher.close, { once: true });
  try {
    let ahead = fetcher.fetch(plan.from);
    for (let position: bigint = plan.from; ;) {
      const got = await ahead;
      if (got === undefined) return;
      const moved = got.nextOffset > position;
      position = got.nextOffset;
      ahead = fetcher.fetch(position);
      // Its failure is met at the next turn; until then it is nobody's unhandled rejection.
      ahead.catch(() => undefined);
      if (moved) yield { records: got.records, nextOffset: offset(got.nextOffset) };
      // A reader that has stopped gets nothing more, even of what has come already.
      if (stopped()) return;
    }
  } finally {
    left.abort();
  }
}

/** The committed records of `[from, to)`; ends there, or when the signal aborts. @throws as {@link readPartition}. */
export async function* readRange(
  plan: ReadPlan & { readonly to: Offset },
): AsyncGenerator<RecordBatch, void, undefined> {
  if (plan.from >= plan.to) return;
  for await (const batch of readPartition(plan)) {
    const done = batch.nextOffset >= plan.to;
    const records = done ? batch.records.filter((record) => record.offset < plan.to) : batch.records;
    yield { records, nextOffset: batch.nextOffset < plan.to ? batch.nextOffset : plan.to };
    if (done) return;
  }
}
