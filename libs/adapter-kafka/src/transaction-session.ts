import { setTimeout as sleep } from 'node:timers/promises';
import { groupBy } from '@kaizen-trace/ports';
import { sendParcels, type Parcel, type ProducerSession } from './sender.js';
import { isBusyCoordinator } from './wire/errors.js';
import { Link, type LinkSettings } from './wire/link.js';

/** Who sends transactions, and when the broker ends one that was left open. */
export interface TransactionalIdentity {
  readonly transactionalId: string;
  readonly timeoutMs: number;
}

/** A position of a group that becomes visible with a transaction. */
export interface TransactionPosition {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: bigint;
}

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
 * A producer of transactions, one at a time. Opening it fences every older one of the same id and ends its transaction,
 * done or undone. After a failed transaction it is closed, never reused.
 */
export class TransactionSession {
  readonly #transactionalId: string;
  readonly #link: Link;
  readonly #session: ProducerSession;
  readonly #closing = new AbortController();

  private constructor(
    transactionalId: string,
    ready: { readonly link: Link; readonly session: ProducerSession },
  ) {
    this.#transactionalId = transactionalId;
    this.#link = ready.link;
    this.#session = ready.session;
  }

  /** Fences every older session of the id. @throws Error where that has not been answered. */
  static async open(
    settings: LinkSettings,
    { transactionalId, timeoutMs }: TransactionalIdentity,
    signal: AbortSignal,
  ): Promise<TransactionSession> {
    const link = new Link(settings);
    try {
      const asking = { link, deadline: Date.now() + fenceLimitMs, signal };
      const { producerId, producerEpoch } = await whileBusy(asking, async () => {
        const coordinator = await link.coordinator('transaction', transactionalId);
        return coordinator.initProducerId({ transactionalId, transactionTimeout: timeoutMs });
      });
      const session = {
        producerId: BigInt(producerId),
        producerEpoch,
        transactionalId,
        sequences: new Map(),
      };
      return new TransactionSession(transactionalId, { link, session });
    } catch (error) {
      link.destroy();
      throw error;
    }
  }

  /**
   * Sends rounds of parcels, in each at most one a topic and partition, and moves a group's position, all or nothing. Gives
   * the offset of each parcel's first record where the broker said it.
   *
   * @throws Error where it failed or was not answered: close, and open another.
   */
  async transact(
    rounds: readonly (readonly Parcel[])[],
    position?: TransactionPosition,
  ): Promise<ReadonlyMap<Parcel, bigint>> {
    const deadline = Date.now() + commitLimitMs;
    const timer = setTimeout(() => this.#link.destroy(), commitLimitMs);
    try {
      await this.#begin(rounds.flat(), deadline);
      const sender = { link: this.#link, session: this.#session };
      const offsets = new Map<Parcel, bigint>();
      for (const parcels of rounds)
        for (const [parcel, first] of await sendParcels(sender, parcels, deadline))
          offsets.set(parcel, first);
      if (position !== undefined) await this.#sendPosition(position, deadline);
      await this.#coordinated(deadline, (to) => to.endTxn({ ...this.#transaction, transactionResult: true }));
      return offsets;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Cuts the connection. A transaction under way is ended by the next session, or by its timeout. Idempotent. */
  close(): void {
    this.#closing.abort();
    this.#link.destroy();
  }

  get #transaction(): {
    readonly transactionalId: string;
    readonly producerId: string;
    readonly producerEpoch: number;
  } {
    const { producerId, producerEpoch } = this.#session;
    return { transactionalId: this.#transactionalId, producerId: String(producerId), producerEpoch };
  }

  async #coordinated<T>(
    deadline: number,
    ask: (coordinator: Awaited<ReturnType<Link['coordinator']>>) => Promise<T>,
  ): Promise<T> {
    return whileBusy(this.#asking(deadline), async () =>
      ask(await this.#link.coordinator('transaction', this.#transactionalId)),
    );
  }

  #asking(deadline: number): Asking {
    return { link: this.#link, deadline, signal: this.#closing.signal };
  }

  async #begin(parcels: readonly Parcel[], deadline: number): Promise<void> {
    const byTopic = groupBy(parcels, ({ topic }) => topic);
    if (byTopic.size === 0) return;
    const topics = [...byTopic].map(([topic, ofTopic]) => ({
      topic,
      partitions: [...new Set(ofTopic.map(({ partition }) => partition))],
    }));
    await this.#coordinated(deadline, (to) => to.addPartitionsToTxn({ ...this.#transaction, topics }));
  }

  async #sendPosition(position: TransactionPosition, deadline: number): Promise<void> {
    const { group: groupId, topic, partition, nextOffset } = position;
    await this.#coordinated(deadline, (to) => to.addOffsetsToTxn({ ...this.#transaction, groupId }));
    const topics = [{ topic, partitions: [{ partition, offset: String(nextOffset) }] }];
    await whileBusy(this.#asking(deadline), async () => {
      const coordinator = await this.#link.coordinator('group', groupId);
      await coordinator.txnOffsetCommit({ ...this.#transaction, groupId, topics });
    });
  }
}
