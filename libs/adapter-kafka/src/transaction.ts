import { appendedAtHeaders, partitionKey, type UnitOfWork } from '@kaizen-trace/ports';
import type { KafkaLogSettings } from './options.js';
import type { Parcel } from './sender.js';
import { maxBatchBytes, maxLargeBatchBytes } from './topics.js';
import { TransactionSession } from './transaction-session.js';
import { intoBatches } from './wire/record-batch.js';

const recordKey = Buffer.from(partitionKey);

/** Which input partition of which group commits. */
export interface TransactionSource {
  readonly group: string;
  readonly partition: number;
}

/** Kafka's word for it: the id by which a newer owner fences an older one. */
const transactionalIdOf = (settings: KafkaLogSettings, { group, partition }: TransactionSource): string =>
  `${group}-${settings.topics.events}-${partition}`;

/**
 * The transactional producer of one input partition. Opening it fences the former owner and ends its transaction, done
 * or undone; only then is what the broker says of the position final. After a failed commit it is closed, never reused.
 */
export class TransactionalProducer {
  readonly #settings: KafkaLogSettings;
  readonly #source: TransactionSource;
  readonly #session: TransactionSession;

  private constructor(settings: KafkaLogSettings, source: TransactionSource, session: TransactionSession) {
    this.#settings = settings;
    this.#source = source;
    this.#session = session;
  }

  /** Fences every older producer of the partition. @throws Error where that has not been answered. */
  static async open(
    settings: KafkaLogSettings,
    source: TransactionSource,
    signal: AbortSignal,
  ): Promise<TransactionalProducer> {
    const identity = {
      transactionalId: transactionalIdOf(settings, source),
      timeoutMs: settings.transactionTimeoutMs,
    };
    const session = await TransactionSession.open(settings.link, identity, signal);
    return new TransactionalProducer(settings, source, session);
  }

  /**
   * All of the unit or nothing of it. Gives the offset of the partition's own record in the state's topic, where there is
   * one and the broker said it.
   *
   * @throws Error where it failed or was not answered: close, and open another.
   */
  async commit(unit: UnitOfWork): Promise<bigint | undefined> {
    const rounds = this.#parcels(unit);
    const offsets = await this.#session.transact(rounds, {
      ...this.#source,
      topic: this.#settings.topics.events,
      nextOffset: unit.nextOffset,
    });
    for (const parcel of rounds.flat()) {
      if (parcel.topic !== this.#settings.topics.state) continue;
      const index = parcel.records.findLastIndex(({ key }) => key !== null && recordKey.equals(key));
      const first = offsets.get(parcel);
      if (index >= 0 && first !== undefined) return first + BigInt(index);
    }
    return undefined;
  }

  /** Cuts the connection. A transaction under way is ended by the next owner, or by its timeout. Idempotent. */
  close(): void {
    this.#session.close();
  }

  /** Rounds of parcels: in each at most one a topic, and each under its topic's limit of one batch. */
  #parcels({ spans, appendedAt, state, deadLetters }: UnitOfWork): readonly (readonly Parcel[])[] {
    const { topics } = this.#settings;
    const { partition } = this.#source;
    const headers = appendedAtHeaders(appendedAt);
    const streams = [
      {
        topic: topics.spans,
        batches: intoBatches(
          spans.map((value) => ({ key: null, value, headers })),
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
}
