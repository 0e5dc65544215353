import type {
  CommitOutcome,
  LogBounds,
  Offset,
  OwnedPartition,
  RecordBatch,
  RestoreProgress,
  StateStore,
  UnitOfWork,
} from '@kaizen-trace/ports';
import { asError, offset } from '@kaizen-trace/ports';
import { entryKey, type LocalStore } from '@kaizen-trace/state-store';
import { appendTick } from './event-log.js';
import type { IdempotentProducer } from './idempotent-producer.js';
import type { KafkaLogSettings } from './options.js';
import { patiently, readBounds, readPartition } from './partition-reader.js';
import { restoreState } from './restore-state.js';
import type { TransactionalProducer } from './transaction.js';
import { isFenced } from './wire/errors.js';

/** What acquiring has found out, after the fencing. */
export interface Acquired {
  readonly group: string;
  readonly partition: number;
  readonly producer: TransactionalProducer;
  readonly committedOffset: Offset | undefined;
  readonly bounds: LogBounds;
  /** The end of the partition's state at that time. */
  readonly stateBounds: LogBounds;
  /** A time before that, in milliseconds. */
  readonly asOf: number;
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

/** Keys of so many UTF-16 units fit into any store. */
const surelyStored = 400;
const noPrefix = Buffer.alloc(0);

/** @throws RangeError for a key that the store on this machine could not take, before anything is committed. */
const checkKeys = ({ state }: UnitOfWork): void => {
  for (const { key } of state) if (key.length > surelyStored) entryKey(noPrefix, key);
};

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
  #restoring: Promise<LocalStore> | undefined;
  #store: LocalStore | undefined;

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

  async restore(progress?: RestoreProgress): Promise<StateStore> {
    if (this.#restoring !== undefined) throw new Error(`partition ${this.partition} was restored already`);
    const { stateBounds: bounds, ...acquired } = this.#acquired;
    const options = { progress, signal: this.#closing.signal };
    this.#restoring = restoreState(this.#settings, { ...acquired, bounds }, options);
    this.#store = await this.#restoring;
    return this.#store.view();
  }

  read(from: Offset): AsyncIterable<RecordBatch> {
    return readPartition({ ...this.#plan(this.#settings.topics.events, from), signal: this.#signal });
  }

  async commit(unit: UnitOfWork): Promise<CommitOutcome> {
    if (this.#ended !== undefined) return this.#ended;
    if (this.#committing) throw new Error(`partition ${this.partition}: a commit is under way already`);
    checkKeys(unit);
    this.#committing = true;
    try {
      // Once its state cannot be kept, the partition is to be restored before it goes on.
      if (this.#store?.failure !== undefined) throw this.#store.failure;
      const asOf = Date.now();
      const position = await this.#acquired.producer.commit(unit);
      const at = position === undefined ? undefined : { position, asOf };
      await this.#store?.follow({ entries: unit.state, nextOffset: unit.nextOffset, at });
      return { type: 'committed' };
    } catch (error) {
      return this.#end(error);
    } finally {
      this.#committing = false;
    }
  }

  appendTick(): Promise<void> {
    return appendTick(this.#settings, this.#events, this.partition);
  }

  async close(): Promise<void> {
    this.#ended ??= { type: 'retryable', cause: new Error(`partition ${this.partition} was closed`) };
    await this.#release();
  }

  /** A newer owner in this same process: whatever this one still tries is refused without asking. */
  supersede(): void {
    const cause = new Error(`partition ${this.partition} was acquired again by this member`);
    this.#ended = { type: 'fenced', cause };
    void this.#release();
  }

  #end(error: unknown): Exclude<CommitOutcome, { readonly type: 'committed' }> {
    const type = isFenced(error) ? 'fenced' : 'retryable';
    const ended = { type, cause: asError(error) } as const;
    this.#ended = ended;
    if (type === 'fenced') this.#onFenced();
    this.#acquired.producer.close();
    return ended;
  }

  async #release(): Promise<void> {
    this.#closing.abort();
    this.#acquired.producer.close();
    const store = await this.#restoring?.catch(() => undefined);
    // Who was killed writes nothing more.
    if (this.#settings.link.kill?.aborted === true) await store?.abandon();
    else await store?.close();
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
): Promise<Omit<Acquired, 'producer'>> => {
  const asOf = Date.now();
  const { events: topic, state } = settings.topics;
  const { group, partition } = source;
  const [committedOffset, bounds, stateBounds] = await Promise.all([
    readCommittedOffset(settings, group, { topic, partition }),
    readBounds(settings.link, topic, partition),
    readBounds(settings.link, state, partition),
  ]);
  return { group, partition, committedOffset, bounds, stateBounds, asOf };
};
