import { setTimeout as sleep } from 'node:timers/promises';
import { groupBy } from '@kaizen-trace/ports';
import { BrokerError, brokerCodes, isFenced } from './wire/errors.js';
import type { Link } from './wire/link.js';
import { produceBatches, type BatchResult, type BatchToSend } from './wire/produce.js';
import { encodeBatch, type BatchProducer, type OutgoingRecord } from './wire/record-batch.js';

/** Records that make one batch, and where it goes. */
export interface Parcel {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly OutgoingRecord[];
}

/** A producer id as the cluster gave it, with the next sequence number of each partition. */
export interface ProducerSession {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly transactionalId: string | null;
  readonly sequences: Map<string, number>;
}

const sequenceEnd = 2 ** 31;
const pauseMs = 20;

// The transaction coordinator checks a partition's membership; while it is busy, brokers answer with the second.
const passing: readonly number[] = [
  brokerCodes.coordinatorLoading,
  brokerCodes.notEnoughReplicas,
  brokerCodes.notEnoughReplicasAfterAppend,
  brokerCodes.concurrentTransactions,
  3, // unknown topic or partition: metadata that has not spread yet
  5, // leader not available
  6, // not leader
  7, // request timed out on the broker
];

const placeOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`;

const encoded = (session: ProducerSession, parcel: Parcel): BatchToSend => {
  const producer: BatchProducer = {
    producerId: session.producerId,
    producerEpoch: session.producerEpoch,
    baseSequence: session.sequences.get(placeOf(parcel)) ?? 0,
    transactional: session.transactionalId !== null,
  };
  return { topic: parcel.topic, partition: parcel.partition, batch: encodeBatch(parcel.records, producer) };
};

const sendOnce = async (
  link: Link,
  session: ProducerSession,
  batches: readonly BatchToSend[],
): Promise<readonly BatchResult[]> => {
  const leaders = await Promise.all(batches.map((one) => link.leader(one.topic, one.partition)));
  const byLeader = groupBy(batches, (one) => leaders[batches.indexOf(one)]!);
  const options = { transactionalId: session.transactionalId, timeoutMs: 5000 };
  const answers = await Promise.all(
    [...byLeader].map(([leader, ofLeader]) => produceBatches(leader, ofLeader, options)),
  );
  return answers.flat();
};

/**
 * Sends parcels, at most one a partition, and again what the cluster could not take just now, with the same sequence
 * numbers: the broker knows a repeat, so each stands in the log once. Gives the offset of each parcel's first record where
 * the broker said it.
 *
 * @throws BrokerError where a parcel was refused, or could not be placed before `deadline`; what the connection throws.
 *   The session must then not be used again: its sequence numbers may be wrong.
 */
export const sendParcels = async (
  { link, session }: { readonly link: Link; readonly session: ProducerSession },
  parcels: readonly Parcel[],
  deadline: number,
): Promise<ReadonlyMap<Parcel, bigint>> => {
  const offsets = new Map<string, bigint>();
  let left = parcels.map((parcel) => encoded(session, parcel));
  for (;;) {
    const results = await sendOnce(link, session, left);
    for (const result of results)
      if (result.error === 0 && result.baseOffset !== undefined)
        offsets.set(placeOf(result), result.baseOffset);
    const failed = results.filter(({ error }) => error !== 0 && error !== brokerCodes.duplicateSequence);
    if (failed.length === 0) break;
    const errors = failed.map(({ topic, error }) => new BrokerError(`Produce to ${topic}`, error));
    const fatal = errors.find((error) => isFenced(error) || !passing.includes(error.brokerCode));
    if (fatal !== undefined || Date.now() + pauseMs > deadline) throw fatal ?? errors[0]!;
    const places = new Set(failed.map(placeOf));
    left = left.filter((batch) => places.has(placeOf(batch)));
    await sleep(pauseMs);
    await link.refresh();
  }
  for (const parcel of parcels) {
    const next = (session.sequences.get(placeOf(parcel)) ?? 0) + parcel.records.length;
    session.sequences.set(placeOf(parcel), next % sequenceEnd);
  }
  return new Map(
    parcels.flatMap((parcel) => {
      const found = offsets.get(placeOf(parcel));
      return found === undefined ? [] : [[parcel, found] as const];
    }),
  );
};
