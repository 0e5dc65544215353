import { unreachable } from '@kaizen-trace/contracts';
import { asError, type AppendOutcome, type EventLog, type NewRecord } from '@kaizen-trace/ports';
import { reasonOf } from './reason.js';
import { encodeRecord } from './encode-record.js';
import type { Outgoing, Rejection, SendOutcome, Sink } from './sink.js';

type Item = Outgoing<NewRecord>;

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

/** An open log, and how people call it. */
export interface LogDestination {
  readonly destination: string;
  readonly events: EventLog;
  /** Closes what was opened for it; the sink's own `close` calls it. */
  readonly close: () => Promise<void>;
}

/** Appends to the log itself, through the port. */
export const openLogSink = ({ destination, events, close }: LogDestination): Sink<NewRecord> => ({
  destination,
  encode: encodeRecord,
  send: (batch, signal) => append(events, batch, signal),
  close,
});
