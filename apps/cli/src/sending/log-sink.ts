import { openLog } from '@kaizen-trace/adapters';
import { unreachable } from '@kaizen-trace/contracts';
import {
  asError,
  type AppendOutcome,
  type EventLog,
  type LogConnection,
  type NewRecord,
} from '@kaizen-trace/ports';
import type { LogSettings } from '@kaizen-trace/settings';
import { codeOf, reasonOf } from '../terminal/errors.js';
import { CommandError } from '../terminal/io.js';
import { encodeRecord } from './encode-record.js';
import type { Outgoing, Rejection, SendOutcome, Sink } from './sink.js';

type Item = Outgoing<NewRecord>;

/** How people call the log that the settings name. */
export const logName = ({ kafka, dataDirectory }: LogSettings): string =>
  kafka === undefined
    ? `the log in ${dataDirectory}`
    : `Kafka at ${kafka.brokers.map(({ host, port }) => `${host}:${port}`).join(', ')}`;

/** Opens the log that the settings name; an embedded one must exist. @throws CommandError where it cannot be opened. */
export const openExistingLog = async (log: LogSettings): Promise<LogConnection> => {
  try {
    return await openLog(log, { create: false });
  } catch (error) {
    // The adapters' own messages name the remedy; other errors are bugs, and are shown as such.
    if (codeOf(error)?.startsWith('KAIZEN_') !== true) throw error;
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  }
};

/** The append, or word that it takes longer than the caller waits: its outcome is unknown then. */
const appendUntil = (events: EventLog, batch: readonly Item[], signal: AbortSignal): Promise<AppendOutcome> =>
  new Promise((resolve) => {
    const give = (outcome: AppendOutcome): void => {
      signal.removeEventListener('abort', abandon);
      resolve(outcome);
    };
    const abandon = (): void => give({ type: 'unavailable', cause: new Error('no answer in time') });
    signal.addEventListener('abort', abandon, { once: true });
    events.append(batch.map(({ payload }) => payload)).then(give, (error: unknown) => {
      give({ type: 'unavailable', cause: asError(error) });
    });
    if (signal.aborted) abandon();
  });

/** Appends what the log takes; a record that it refuses is left out, and the rest is tried again. */
const append = async (
  events: EventLog,
  batch: readonly Item[],
  signal: AbortSignal,
): Promise<SendOutcome> => {
  const rejected: Rejection[] = [];
  let rest = batch;
  while (rest.length > 0) {
    const outcome = await appendUntil(events, rest, signal);
    switch (outcome.type) {
      case 'appended':
        return { type: 'taken', rejected };
      case 'refused': {
        const { index, reason } = outcome;
        rejected.push({ line: rest[index]!.line, field: null, reason });
        rest = rest.filter((_, at) => at !== index);
        break;
      }
      case 'unavailable':
        return { type: 'retryable', reason: reasonOf(outcome.cause), uncertain: true };
      default:
        return unreachable(outcome);
    }
  }
  return { type: 'taken', rejected };
};

/** Appends to the log itself. @throws CommandError where it cannot be opened. */
export const openLogSink = async (settings: LogSettings): Promise<Sink<NewRecord>> => {
  const connection = await openExistingLog(settings);
  return {
    destination: logName(settings),
    encode: encodeRecord,
    send: (batch, signal) => append(connection.events, batch, signal),
    close: () => connection.close(),
  };
};
