import type {
  CommitOutcome,
  LogBounds,
  Offset,
  OwnedPartition,
  RecordBatch,
  StateEntry,
  UnitOfWork,
} from '@kaizen-trace/ports';
import { asError, offset } from '@kaizen-trace/ports';
import { appendTick } from './event-log.js';
import type { IdempotentProducer } from './idempotent-producer.js';
import type { KafkaLogSettings } from './options.js';
import { patiently, readBounds, readPartition, readRange } from './partition-reader.js';
import type { TransactionalProducer } from './transaction.js';
import { isFenced } from './wire/errors.js';

/** What acquiring has found out, after the fencing. */
export interface Acquired {
  readonly partition: number;
  readonly producer: TransactionalProducer;
  readonly committedOffset: Offset | undefined;
  readonly bounds: LogBounds;
  /** The end of the partition's state at that time. */
  readonly stateBounds: LogBounds;
}

/** Where the group stands on one partition of a topic; undefined where it has no offset. */
export const readCommittedOffset = (
  settings: KafkaLogSettings,
  group: string,
  source: { readonly topic: string; readonly partition: number },
): Promise<Offset | undefined> =>
  patiently(settings.link, async (link) => {
    const coordinator = await link.coordinator('group', group);
    const { topic, partition } = source;
    const topics = [{ topic, partitions: [{ partition }] }];
    const { responses } = await coordinator.offsetFetch({ groupId: group, topics });
    const found = BigInt(responses[0]?.partitions[0]?.offset ?? -1);
    return found < 0n ? undefined : offset(found);
  });

const entriesAtOnce = 1000;

/** The owner's view of a partition on Kafka. One commit at a time; after one that failed only `close` is left to do. */
export class KafkaOwnedPartition implements OwnedPartition {
  readonly partition: number;
  readonly committedOffset: Offset | undefined;
  readonly bounds: LogBounds;
  readonly #settings: KafkaLogSettings;
  readonly #acquired: Acquired;
  readonly #events: IdempotentProducer;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  readonly #onFenced: () => void;
  #ended: Exclude<CommitOutcome, { readonly type: 'committed' }> | undefined;
  #committing = false;

  constructor(
    settings: KafkaLogSettings,
    acquired: Acquired,
    holder: {
      readonly events: IdempotentProducer;
      readonly signal: AbortSignal;
      readonly onFenced: () => void;
    },
  ) {
    this.partition = acquired.partition;
    this.committedOffset = acquired.committedOffset;
    this.bounds = acquired.bounds;
    this.#settings = settings;
    this.#acquired = acquired;
    this.#events = holder.events;
    this.#onFenced = holder.onFenced;
    this.#signal = AbortSignal.any([holder.signal, this.#closing.signal]);
  }

  /** Everything is read before the first entry is given: only then is the latest value of a key known. */
  async *restore(): AsyncGenerator<readonly StateEntry[], void, undefined> {
    const { start, end } = this.#acquired.stateBounds;
    const latest = new Map<string, Uint8Array>();
    const signal = this.#closing.signal;
    const plan = { ...this.#plan(this.#settings.topics.state, start), to: end, signal };
    for await (const { records } of readRange(plan)) {
      for (const { key, value } of records) {
        const name = Buffer.from(key ?? []).toString('utf8');
        if (value === null) latest.delete(name);
        // A copy, since the value is a view that would keep its whole fetch in memory.
        else latest.set(name, Uint8Array.from(value));
      }
    }
    if (signal.aborted)
      throw new Error(`partition ${this.partition} was closed while its state was restored`);
    let entries: StateEntry[] = [];
    for (const [key, value] of latest) {
      entries.push({ key, value });
      if (entries.length < entriesAtOnce) continue;
      yield entries;
      entries = [];
    }
    if (entries.length > 0) yield entries;
  }

  read(from: Offset): AsyncIterable<RecordBatch> {
    return readPartition({ ...this.#plan(this.#settings.topics.events, from), signal: this.#signal });
  }

  async commit(unit: UnitOfWork): Promise<CommitOutcome> {
    if (this.#ended !== undefined) return this.#ended;
    if (this.#committing) throw new Error(`partition ${this.partition}: a commit is under way already`);
    this.#committing = true;
    try {
      await this.#acquired.producer.commit(unit);
      return { type: 'committed' };
    } catch (error) {
      const cause = asError(error);
      const type = isFenced(error) ? 'fenced' : 'retryable';
      const ended = { type, cause } as const;
      this.#ended = ended;
      if (type === 'fenced') this.#onFenced();
      this.#acquired.producer.close();
      return ended;
    } finally {
      this.#committing = false;
    }
  }

  appendTick(): Promise<void> {
    return appendTick(this.#settings, this.#events, this.partition);
  }

  close(): Promise<void> {
    this.#ended ??= { type: 'retryable', cause: new Error(`partition ${this.partition} was closed`) };
    this.#closing.abort();
    this.#acquired.producer.close();
    return Promise.resolve();
  }

  /** A newer owner in this same process: whatever this one still tries is refused without asking. */
  supersede(): void {
    const cause = new Error(`partition ${this.partition} was acquired again by this member`);
    this.#ended = { type: 'fenced', cause };
    this.#closing.abort();
    this.#acquired.producer.close();
  }

  #plan(
    topic: string,
    from: Offset,
  ): {
    readonly link: KafkaLogSettings['link'];
    readonly topic: string;
    readonly partition: number;
    readonly from: Offset;
    readonly maxBytes: number;
    readonly maxWaitMs: number;
  } {
    const { link, fetchBytes: maxBytes, maxWaitMs } = this.#settings;
    return { link, topic, partition: this.partition, from, maxBytes, maxWaitMs };
  }
}

/** Fetches what an owner must know; to be called only after the fencing. */
export const readPosition = async (
  settings: KafkaLogSettings,
  source: { readonly group: string; readonly partition: number },
): Promise<Omit<Acquired, 'producer' | 'partition'>> => {
  const { events: topic, state } = settings.topics;
  const { group, partition } = source;
  const [committedOffset, bounds, stateBounds] = await Promise.all([
    readCommittedOffset(settings, group, { topic, partition }),
    readBounds(settings.link, topic, partition),
    readBounds(settings.link, state, partition),
  ]);
  return { committedOffset, bounds, stateBounds };
};
