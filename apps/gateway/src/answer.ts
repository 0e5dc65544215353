import { unreachable } from '@kaizen-trace/contracts';
import type { IngestOutcome, IngestReport } from './ingest/ingest.js';

/** An HTTP answer, ready to be sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Seconds after which a client may try again. */
const retryAfter = { busy: '1', unavailable: '5' } as const;

const reportBody = ({ accepted, rejected, rejectedTotal }: IngestReport) =>
  rejectedTotal === undefined
    ? { accepted, rejected }
    : { accepted, rejected, rejected_total: rejectedTotal };

/** An answer without a report. */
export const problem = (status: number, message: string, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers,
  body: { status, message },
});

/** The answer to a request that was read or refused; undefined where nobody waits for one. */
export const answerOf = (outcome: IngestOutcome): Answer | undefined => {
  switch (outcome.type) {
    case 'accepted':
      return { status: 202, headers: {}, body: reportBody(outcome.report) };
    case 'refused':
      return { status: 400, headers: {}, body: reportBody(outcome.report) };
    case 'out-of-scope':
      return { status: 403, headers: {}, body: reportBody(outcome.report) };
    case 'unsupported':
      return problem(415, outcome.reason, { 'accept-encoding': 'gzip, zstd' });
    case 'too-large':
      return problem(
        413,
        `the body is over ${outcome.limit} bytes unpacked; nothing of it was taken, send it in parts`,
      );
    case 'busy':
      return problem(
        429,
        'too many bytes are in flight; nothing of this body was taken, send it again later',
        {
          'retry-after': retryAfter.busy,
        },
      );
    case 'unavailable':
      return problem(
        503,
        'the event log cannot be reached, or its answer was lost; send the same body again: events that carry an event_id are not doubled',
        { 'retry-after': retryAfter.unavailable },
      );
    case 'aborted':
      return undefined;
    default:
      return unreachable(outcome);
  }
};
