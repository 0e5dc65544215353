import type { Readable } from 'node:stream';
import { encodeEvent } from '@kaizen-trace/codec';
import { readEvent, unreachable, type EventDefaults } from '@kaizen-trace/contracts';
import type { NewRecord } from '@kaizen-trace/ports';
import type { Redactor } from '@kaizen-trace/redaction';
import { claudeCodeEvents, openCallsInMemory } from '@kaizen-trace/sources';
import { BodyError } from '../ingest/body-error.js';
import type { ByteBudget } from '../ingest/budget.js';
import { eventDefaults } from '../ingest/event-defaults.js';
import { readMedia } from '../ingest/media.js';
import { unpack } from '../ingest/unpack.js';
import type { HookOutcome } from './hook-metrics.js';

/** What taking a hook needs, and its limits. */
export interface HookIntakeOptions {
  readonly maxBodyBytes: number;
  readonly budget: ByteBudget;
  readonly now: () => number;
  readonly redact: Redactor['event'];
  readonly captureContent: boolean;
  readonly trace: 'session' | 'prompt';
}

/** One hook, as far as it is looked at. */
export interface HookRequest {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly body: Readable;
}

export interface HookReading {
  readonly outcome: HookOutcome;
  /** Unpacked, as far as it was read. */
  readonly bytes: number;
  readonly records: readonly NewRecord[];
}

const outcomeOf = ({ kind }: BodyError): HookOutcome => {
  switch (kind) {
    case 'too-large':
    case 'busy':
    case 'aborted':
      return kind;
    case 'broken':
      return 'not-understood';
    default:
      return unreachable(kind);
  }
};

/** The payload as parsed JSON; undefined where it is none. `count` is told of its bytes, unpacked, as they come. */
const readPayload = async (
  { contentType, contentEncoding, body }: HookRequest,
  { maxBodyBytes, budget }: HookIntakeOptions,
  count: (bytes: number) => void,
): Promise<unknown> => {
  // A hook is JSON whatever it says of itself.
  const media = readMedia('application/json', contentType === undefined ? undefined : contentEncoding);
  if (media.type === 'unsupported') throw new BodyError('broken', media.reason);
  const account = budget.open();
  const hold = (bytes: number): void => {
    if (!account.take(bytes)) throw new BodyError('busy', 'too many bytes are in flight');
  };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    const { coding } = media;
    for await (const chunk of unpack(body, { coding, maxPackedBytes: maxBodyBytes, hold })) {
      bytes += chunk.length;
      count(chunk.length);
      if (bytes > maxBodyBytes) throw new BodyError('too-large', 'the hook is too large');
      hold(chunk.length);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    account.release();
  }
};

const recordsOf = (
  events: NonNullable<ReturnType<typeof claudeCodeEvents>>,
  defaults: EventDefaults,
  redact: Redactor['event'],
): readonly NewRecord[] =>
  events.flatMap((json) => {
    const reading = readEvent(json, defaults);
    if (reading.type === 'refused') return [];
    const event = redact(reading.event);
    const encoding = encodeEvent(event);
    return encoding.type === 'too-large' ? [] : [{ key: Buffer.from(event.traceId), value: encoding.bytes }];
  });

/** Reads hooks of Claude Code into records for the log. Remembers what is open in each session, bounded. Never throws. */
export const openHookIntake = (
  options: HookIntakeOptions,
): ((request: HookRequest) => Promise<HookReading>) => {
  const calls = openCallsInMemory();
  const { now, redact, captureContent, trace } = options;
  return async (request) => {
    let payload: unknown;
    let bytes = 0;
    const nothing = (outcome: HookOutcome): HookReading => ({ outcome, bytes, records: [] });
    try {
      payload = await readPayload(request, options, (more) => (bytes += more));
    } catch (error) {
      return nothing(error instanceof BodyError ? outcomeOf(error) : 'aborted');
    }
    const receivedAt = now();
    const defaults = eventDefaults(Math.trunc(receivedAt));
    const events = claudeCodeEvents(payload, {
      receivedAt: receivedAt / 1_000,
      newId: () => defaults.newId(),
      calls,
      captureContent,
      trace,
      serviceName: 'claude-code',
    });
    return events === undefined
      ? nothing('not-understood')
      : { outcome: 'taken', bytes, records: recordsOf(events, defaults, redact) };
  };
};
