import { setTimeout as sleep } from 'node:timers/promises';
import type { UnitOfWork } from '@kaizen-trace/ports';
import type { KafkaLogSettings } from './options.js';
import { sendParcels, type Parcel, type ProducerSession } from './sender.js';
import { maxBatchBytes, maxLargeBatchBytes } from './topics.js';
import { isBusyCoordinator } from './wire/errors.js';
import { Link } from './wire/link.js';
import { intoBatches } from './wire/record-batch.js';

/** Which input partition of which group commits. */
export interface TransactionSource {
  readonly group: string;
  readonly partition: number;
}

/** Kafka's word for it: the id by which a newer owner fences an older one. */
export const transactionalIdOf = (
  settings: KafkaLogSettings,
  { group, partition }: TransactionSource,
): string => `${group}-${settings.topics.events}-${partition}`;

/** While the last transaction's markers are still being written; usually a few milliseconds. */
const busyPauseMs = 2;
/** A dead owner's transaction is ended by the coordinator when we ask; its markers may need a slow broker. */
const fenceLimitMs = 30_000;
const commitLimitMs = 30_000;

interface Asking {
  readonly link: Link;
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Repeats while the coordinator is busy with the transaction before, past any limit of kafkajs's own. */
const whileBusy = async <T>({ link, deadline, signal }: Asking, ask: () => Promise<T>): Promise<T> => {
  for (let pause = busyPauseMs; ; pause = Math.min(pause * 2, 100)) {
    try {
      return await ask();
    } catch (error) {
      if (!isBusyCoordinator(error) || signal.aborted || Date.now() + pause > deadline) throw error;
      await sleep(pause);
      link.forgetCoordinators();
    }
  }
};

/**
 * The transactional producer of one input partition. Opening it fences the former owner and ends its transaction, done
 * or undone; only then is what the broker says of the position final. After a failed commit it is closed, never reused.
 */
export class TransactionalProducer {
  readonly #settings: KafkaLogSettings;
  readonly #source: TransactionSource;
  readonly #link: Link;
  readonly #session: ProducerSession;
  readonly #closing = new AbortController();

  private constructor(
    settings: KafkaLogSettings,
    source: TransactionSource,
    ready: { readonly link: Link; readonly session: ProducerSession },
  ) {
    this.#settings = settings;
    this.#source = source;
    this.#link = ready.link;
    this.#session = ready.session;
  }

  /** Fences every older producer of the partition. @throws Error where that has not been answered. */
  static async open(
    settings: KafkaLogSettings,
    source: TransactionSource,
    signal: AbortSignal,
  ): Promise<TransactionalProducer> {
    const transactionalId = transactionalIdOf(settings, source);
    const link = new Link(settings.link);
    try {
      const asking = { link, deadline: Date.now() + fenceLimitMs, signal };
      const { producerId, producerEpoch } = await whileBusy(asking, async () => {
        const coordinator = await link.coordinator('transaction', transactionalId);
        return coordinator.initProducerId({
          transactionalId,
          transactionTimeout: settings.transactionTimeoutMs,
        });
      });
      const session = {
        producerId: BigInt(producerId),
        producerEpoch,
        transactionalId,
        sequences: new Map(),
      };
      return new TransactionalProducer(settings, source, { link, session });
    } catch (error) {
      link.destroy();
      throw error;
    }
  }

  /** All of the unit or nothing of it. @throws Error where it failed or was not answered: close, and open another. */
  async commit(unit: UnitOfWork): Promise<void> {
    const deadline = Date.now() + commitLimitMs;
    const timer = setTimeout(() => this.#link.destroy(), commitLimitMs);
    try {
      const batches = this.#parcels(unit);
      await this.#begin(batches.flat(), deadline);
      const sender = { link: this.#link, session: this.#session };
      for (const parcels of batches) await sendParcels(sender, parcels, deadline);
      await this.#sendOffset(unit.nextOffset, deadline);
      await this.#end(deadline);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Cuts the connection. A transaction under way is ended by the next owner, or by its timeout. Idempotent. */
  close(): void {
    this.#closing.abort();
    this.#link.destroy();
  }

  /** Rounds of parcels: in each at most one a topic, and each under its topic's limit of one batch. */
  #parcels({ spans, state, deadLetters }: UnitOfWork): readonly (readonly Parcel[])[] {
    const { topics } = this.#settings;
    const { partition } = this.#source;
    const streams = [
      {
        topic: topics.spans,
        batches: intoBatches(
          spans.map((value) => ({ key: null, value })),
          maxLargeBatchBytes,
        ),
      },
      {
        topic: topics.state,
        batches: intoBatches(
          state.map(({ key, value }) => ({ key: Buffer.from(key), value })),
          maxBatchBytes,
        ),
      },
      { topic: topics.deadLetters, batches: intoBatches(deadLetters, maxLargeBatchBytes) },
    ];
    const rounds = Math.max(...streams.map(({ batches }) => batches.length));
    return Array.from({ length: rounds }, (_, round) =>
      streams.flatMap(({ topic, batches }) => {
        const records = batches[round];
        return records === undefined ? [] : [{ topic, partition, records }];
      }),
    );
  }

  get #transaction(): {
    readonly transactionalId: string;
    readonly producerId: string;
    readonly producerEpoch: number;
  } {
    const { producerId, producerEpoch } = this.#session;
    const transactionalId = transactionalIdOf(this.#settings, this.#source);
    return { transactionalId, producerId: String(producerId), producerEpoch };
  }

  async #coordinated<T>(
    deadline: number,
    ask: (coordinator: Awaited<ReturnType<Link['coordinator']>>) => Promise<T>,
  ): Promise<T> {
    return whileBusy(this.#asking(deadline), async () =>
      ask(await this.#link.coordinator('transaction', this.#transaction.transactionalId)),
    );
  }

  #asking(deadline: number): Asking {
    return { link: this.#link, deadline, signal: this.#closing.signal };
  }

  async #begin(parcels: readonly Parcel[], deadline: number): Promise<void> {
    const topics = [...new Set(parcels.map(({ topic }) => topic))].map((topic) => ({
      topic,
      partitions: [this.#source.partition],
    }));
    if (topics.length === 0) return;
    await this.#coordinated(deadline, (to) => to.addPartitionsToTxn({ ...this.#transaction, topics }));
  }

  async #sendOffset(nextOffset: bigint, deadline: number): Promise<void> {
    const { group: groupId, partition } = this.#source;
    await this.#coordinated(deadline, (to) => to.addOffsetsToTxn({ ...this.#transaction, groupId }));
    const partitions = [{ partition, offset: String(nextOffset) }];
    const topics = [{ topic: this.#settings.topics.events, partitions }];
    await whileBusy(this.#asking(deadline), async () => {
      const coordinator = await this.#link.coordinator('group', groupId);
      await coordinator.txnOffsetCommit({ ...this.#transaction, groupId, topics });
    });
  }

  async #end(deadline: number): Promise<void> {
    await this.#coordinated(deadline, (to) => to.endTxn({ ...this.#transaction, transactionResult: true }));
  }
}
