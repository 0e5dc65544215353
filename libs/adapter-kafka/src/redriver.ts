import type { CommitOutcome, DeadLetterLog, Redriver, RedriveUnit } from '@kaizen-trace/ports';
import { asError, groupBy } from '@kaizen-trace/ports';
import { openReader } from './log-reader.js';
import type { KafkaLogSettings } from './options.js';
import { readBounds } from './partition-reader.js';
import type { Parcel } from './sender.js';
import { maxBatchBytes, maxLargeBatchBytes } from './topics.js';
import { TransactionSession } from './transaction-session.js';
import { isFenced } from './wire/errors.js';
import { intoBatches } from './wire/record-batch.js';

/** An open transaction holds up the assemblers that read behind it, so a redriver that died is not waited for long. */
const transactionTimeoutMs = 10_000;

/** Rounds of parcels, at most one a topic and partition in each. */
const roundsOf = (
  settings: KafkaLogSettings,
  partition: number,
  unit: RedriveUnit,
): readonly (readonly Parcel[])[] => {
  const { events: input, deadLetters } = settings.topics;
  const streams = [...groupBy(unit.events, (event) => event.partition)].map(([to, events]) => ({
    topic: input,
    partition: to,
    batches: intoBatches(
      events.map(({ record }) => record),
      maxBatchBytes,
    ),
  }));
  streams.push({ topic: deadLetters, partition, batches: intoBatches(unit.marks, maxLargeBatchBytes) });
  const rounds = Math.max(...streams.map(({ batches }) => batches.length));
  return Array.from({ length: rounds }, (_, round) =>
    streams.flatMap(({ topic, partition: to, batches }) => {
      const records = batches[round];
      return records === undefined ? [] : [{ topic, partition: to, records }];
    }),
  );
};

const openRedriver = async (
  settings: KafkaLogSettings,
  partition: number,
  closed: AbortSignal,
): Promise<Redriver> => {
  const topic = settings.topics.deadLetters;
  const identity = { transactionalId: `${topic}-redrive-${partition}`, timeoutMs: transactionTimeoutMs };
  const session = await TransactionSession.open(settings.link, identity, closed);
  const close = (): void => {
    closed.removeEventListener('abort', close);
    session.close();
  };
  closed.addEventListener('abort', close, { once: true });
  try {
    return {
      partition,
      bounds: await readBounds(settings.link, topic, partition),
      commit: async (unit): Promise<CommitOutcome> => {
        try {
          await session.transact(roundsOf(settings, partition, unit));
          return { type: 'committed' };
        } catch (error) {
          return { type: isFenced(error) ? 'fenced' : 'retryable', cause: asError(error) };
        }
      },
      close: () => {
        close();
        return Promise.resolve();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
};

/** The dead letters: read as any topic, brought back in transactions of their own. */
export const openDeadLetterLog = (settings: KafkaLogSettings, closed: AbortSignal): DeadLetterLog => ({
  ...openReader(settings, settings.topics.deadLetters, closed),
  openRedriver: (partition) => openRedriver(settings, partition, closed),
});
