import type { Readable } from 'node:stream';
import { unreachable } from '@kaizen-trace/contracts';
import { asError, type AppendOutcome, type EventLog, type NewRecord } from '@kaizen-trace/ports';
import type { Redactor } from '@kaizen-trace/redaction';
import { BodyError } from './body-error.js';
import type { ByteBudget } from './budget.js';
import { eventDefaults } from './event-defaults.js';
import { openIntake, type Intake, type Rejection } from './intake.js';
import { readMedia, type BodyForm } from './media.js';
import { readBody } from './read-body.js';

/** What is said about a body that was read to its end. */
export interface IngestReport {
  readonly accepted: number;
  readonly rejected: readonly Rejection[];
  /** Only where more were rejected than are listed. */
  readonly rejectedTotal?: number;
}

/** What became of a body. Only `accepted` means that something is in the log. */
export type IngestOutcome =
  /** Durable. */
  | { readonly type: 'accepted'; readonly report: IngestReport }
  /** Nothing was acceptable, or the body is broken as a whole. */
  | { readonly type: 'refused'; readonly report: IngestReport }
  /** As `refused`, and some of it was for a service that the sender may not write as. */
  | { readonly type: 'out-of-scope'; readonly report: IngestReport }
  | { readonly type: 'unsupported'; readonly reason: string }
  | { readonly type: 'too-large'; readonly limit: number }
  | { readonly type: 'busy' }
  /** The log cannot be reached, or its answer was lost. */
  | { readonly type: 'unavailable'; readonly cause: Error }
  /** The client went away; nobody is left to answer. */
  | { readonly type: 'aborted' };

/** One request, as far as ingest looks. */
export interface IngestRequest {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** Undefined where the client does not say. */
  readonly contentLength: number | undefined;
  readonly body: Readable;
  /** Called once before the first byte is read. */
  readonly beforeReading: () => void;
}

/** What taking a body needs, and its limits. */
export interface IngestOptions {
  readonly events: Pick<EventLog, 'append'>;
  readonly maxBodyBytes: number;
  readonly budget: ByteBudget;
  readonly now: () => number;
  /** Services as which the sender may write; undefined: any. */
  readonly services: readonly string[] | undefined;
  /** Masks the secrets of an event. */
  readonly redact: Redactor['event'];
  /** Told of each request's rejections and unpacked bytes, for metrics. */
  readonly observe: (seen: { readonly bytes: number; readonly rejected: readonly Rejection[] }) => void;
}

/** How many records of one request the log may refuse before the whole request counts as failed. */
const maxLogRefusals = 32;

const reportOf = (intake: Intake, accepted: number): IngestReport => ({
  accepted,
  rejected: intake.rejected,
  ...(intake.rejectedTotal() > intake.rejected.length ? { rejectedTotal: intake.rejectedTotal() } : {}),
});

const nothingOf = (intake: Intake): IngestOutcome => ({
  type: intake.outOfScope() ? 'out-of-scope' : 'refused',
  report: reportOf(intake, 0),
});

const appendSafely = async (
  events: IngestOptions['events'],
  records: readonly NewRecord[],
): Promise<AppendOutcome> => {
  try {
    return await events.append(records);
  } catch (error) {
    return { type: 'unavailable', cause: asError(error) };
  }
};

/** Appends all records; those that the log itself refuses become rejections, and the others are appended without them. */
const append = async (events: IngestOptions['events'], intake: Intake): Promise<IngestOutcome> => {
  const records = [...intake.records];
  const lines = [...intake.lines];
  for (let refusals = 0; records.length > 0 && refusals <= maxLogRefusals; refusals += 1) {
    const outcome = await appendSafely(events, records);
    switch (outcome.type) {
      case 'appended':
        return { type: 'accepted', report: reportOf(intake, records.length) };
      case 'unavailable':
        return outcome;
      case 'refused':
        intake.reject({ line: lines[outcome.index] ?? 0, field: null, reason: outcome.reason });
        records.splice(outcome.index, 1);
        lines.splice(outcome.index, 1);
        break;
      default:
        unreachable(outcome);
    }
  }
  return records.length === 0
    ? nothingOf(intake)
    : { type: 'unavailable', cause: new Error('the log refuses too many records of one request') };
};

const refusedWhole = (error: BodyError, intake: Intake, limit: number): IngestOutcome => {
  switch (error.kind) {
    case 'too-large':
      return { type: 'too-large', limit };
    case 'busy':
      return { type: 'busy' };
    case 'aborted':
      return { type: 'aborted' };
    case 'broken':
      return {
        type: 'refused',
        report: {
          accepted: 0,
          rejected: [{ line: intake.lastLine() + 1, field: null, reason: error.message }],
        },
      };
    default:
      return unreachable(error.kind);
  }
};

const readAndAppend = async (
  request: IngestRequest,
  form: BodyForm,
  options: IngestOptions,
): Promise<IngestOutcome> => {
  const { events, maxBodyBytes, budget, now, redact, services, observe } = options;
  const intake = openIntake({ defaults: eventDefaults(now()), redact, services });
  const account = budget.open();
  let bytes = 0;
  try {
    request.beforeReading();
    bytes = await readBody(request.body, form, { intake, limits: { maxBodyBytes, account } });
    return intake.records.length === 0 ? nothingOf(intake) : await append(events, intake);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    return refusedWhole(error, intake, maxBodyBytes);
  } finally {
    account.release();
    observe({ bytes, rejected: intake.rejected });
  }
};

/**
 * Takes one body: reads, validates and encodes all of it first, then appends it with one call. A body that cannot be read
 * to its end leaves nothing in the log. Bodies that say that they are too large are refused unread.
 */
export const ingest = async (request: IngestRequest, options: IngestOptions): Promise<IngestOutcome> => {
  const media = readMedia(request.contentType, request.contentEncoding);
  if (media.type === 'unsupported') return media;
  const announced = request.contentLength ?? 0;
  if (media.coding === 'identity' && announced > options.maxBodyBytes)
    return { type: 'too-large', limit: options.maxBodyBytes };
  if (options.budget.inUse() > 0 && !options.budget.fits(announced)) return { type: 'busy' };
  return readAndAppend(request, media, options);
};
