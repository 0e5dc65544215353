import { setTimeout as sleep } from 'node:timers/promises';
import { asError, groupBy } from '@kaizen-trace/ports';
import type { KafkaLogSettings } from './options.js';
import { sendParcels, type Parcel, type ProducerSession } from './sender.js';
import { isBusyCoordinator } from './wire/errors.js';
import { Link } from './wire/link.js';
import { recordSize, batchOverhead, type OutgoingRecord } from './wire/record-batch.js';
import { maxBatchBytes } from './topics.js';

/** How a send ended. What has failed may or may not stand in the log. */
export type SendOutcome = { readonly type: 'sent' } | { readonly type: 'failed'; readonly cause: Error };

interface Waiting {
  readonly topic: string;
  readonly partition: number;
  readonly record: OutgoingRecord;
  readonly size: number;
  readonly call: Call;
}

/** One call of `send`: done when each of its records is. */
interface Call {
  readonly deadline: number;
  left: number;
  failure: Error | undefined;
  readonly settle: (outcome: SendOutcome) => void;
}

/** Records waiting in memory, over all calls; over it, callers wait before theirs are taken in. */
const maxWaitingBytes = 32 * 1024 * 1024;
/** How long one round may try, so that who waits behind it still gets an answer in time. */
const roundMs = 4000;

/**
 * Sends records with acks from all replicas, each once though it is tried again. While a round is under way the records
 * of other calls gather, and go together in the next: one batch a partition. Order within a partition is the order of
 * the calls. After a failure it takes a fresh producer id and goes on by itself when the cluster is back.
 */
export class IdempotentProducer {
  readonly #settings: KafkaLogSettings;
  readonly #queues = new Map<string, Waiting[]>();
  readonly #roomSeekers: (() => void)[] = [];
  #waitingBytes = 0;
  #link: Link | undefined;
  #session: ProducerSession | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(settings: KafkaLogSettings) {
    this.#settings = settings;
  }

  /** Sends the records of one call; never throws. */
  async send(
    records: readonly {
      readonly topic: string;
      readonly partition: number;
      readonly record: OutgoingRecord;
    }[],
  ): Promise<SendOutcome> {
    if (records.length === 0) return { type: 'sent' };
    const deadline = Date.now() + this.#settings.deliveryTimeoutMs;
    while (this.#waitingBytes > maxWaitingBytes && !this.#closed) {
      await new Promise<void>((resolve) => this.#roomSeekers.push(resolve));
    }
    if (this.#closed) return { type: 'failed', cause: new Error('the log is closed') };
    return new Promise((settle) => {
      const call: Call = { deadline, left: records.length, failure: undefined, settle };
      for (const { topic, partition, record } of records) {
        this.#enqueue({ topic, partition, record, size: recordSize(record), call });
      }
      this.#running ??= this.#run().finally(() => (this.#running = undefined));
    });
  }

  /** Ends what waits as failed, and the connections. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const seeker of this.#roomSeekers.splice(0)) seeker();
    this.#reset();
    await this.#running;
  }

  #enqueue(waiting: Waiting): void {
    const place = `${waiting.topic}/${waiting.partition}`;
    const queue = this.#queues.get(place) ?? [];
    queue.push(waiting);
    this.#queues.set(place, queue);
    this.#waitingBytes += waiting.size;
  }

  async #run(): Promise<void> {
    // One turn later, so that calls made at the same moment share the first round too.
    await Promise.resolve();
    while (this.#queues.size > 0) {
      const round = this.#takeRound();
      const failure = await this.#sendRound(round);
      for (const { call, size } of round) {
        this.#waitingBytes -= size;
        call.failure ??= failure;
        call.left -= 1;
        if (call.left > 0) continue;
        call.settle(call.failure === undefined ? { type: 'sent' } : { type: 'failed', cause: call.failure });
      }
      for (const seeker of this.#roomSeekers.splice(0)) seeker();
    }
  }

  /** From each queue as many records, in order, as fit one batch. */
  #takeRound(): readonly Waiting[] {
    const round: Waiting[] = [];
    for (const [place, queue] of this.#queues) {
      let count = 0;
      for (let size = batchOverhead; count < queue.length; count += 1) {
        size += queue[count]!.size;
        if (count > 0 && size > maxBatchBytes) break;
      }
      round.push(...queue.splice(0, count));
      if (queue.length === 0) this.#queues.delete(place);
    }
    return round;
  }

  async #sendRound(round: readonly Waiting[]): Promise<Error | undefined> {
    const last = round.reduce((latest, { call }) => Math.max(latest, call.deadline), 0);
    const deadline = Math.min(Date.now() + roundMs, last);
    try {
      if (this.#closed) throw new Error('the log is closed');
      if (Date.now() >= deadline) throw new Error('no answer from Kafka in time');
      await this.#within(deadline, async () => {
        await sendParcels(await this.#ready(deadline), parcelsOf(round), deadline);
      });
      return undefined;
    } catch (error) {
      this.#reset();
      return asError(error);
    }
  }

  /** Cuts the connection at the deadline: nothing of this round may arrive after its failure was told. */
  async #within(deadline: number, work: () => Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.#link?.destroy(), deadline - Date.now());
    try {
      await work();
    } finally {
      clearTimeout(timer);
    }
  }

  async #ready(deadline: number): Promise<{ readonly link: Link; readonly session: ProducerSession }> {
    this.#link ??= new Link(this.#settings.link);
    if (this.#session === undefined) {
      const { producerId, producerEpoch } = await this.#newProducerId(this.#link, deadline);
      this.#session = {
        producerId: BigInt(producerId),
        producerEpoch,
        transactionalId: null,
        sequences: new Map(),
      };
    }
    return { link: this.#link, session: this.#session };
  }

  /** A broker that has just started may need a moment for its first producer ids. */
  async #newProducerId(
    link: Link,
    deadline: number,
  ): Promise<{ readonly producerId: string; readonly producerEpoch: number }> {
    for (;;) {
      try {
        return await (await link.anyBroker()).initProducerId({ transactionTimeout: 60_000 });
      } catch (error) {
        if (!isBusyCoordinator(error) || Date.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }

  #reset(): void {
    this.#link?.destroy();
    this.#link = undefined;
    this.#session = undefined;
  }
}

const parcelsOf = (round: readonly Waiting[]): readonly Parcel[] =>
  [...groupBy(round, ({ topic, partition }) => `${topic}/${partition}`).values()].map((waiting) => ({
    topic: waiting[0]!.topic,
    partition: waiting[0]!.partition,
    records: waiting.map(({ record }) => record),
  }));
