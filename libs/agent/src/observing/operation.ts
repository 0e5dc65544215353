import { nowSeconds } from '../clock.js';
import type { HookContextInit } from '../hooks/hook-context.js';
import { HookResult } from '../hooks/hook-result.js';
import type { HookResultInit } from '../hooks/hook-result.js';
import { isThenable } from '../is-thenable.js';
import { contentAllowed, type ContentForm } from './content.js';
import { followStream, isStream } from './follow-stream.js';
import type { StreamEnd } from './stream-end.js';
import { within, type Run, type Speaker } from './run.js';
import { tell } from './tell.js';

/** Fields of an event's `data`. */
export type EventData = Readonly<Record<string, unknown>>;

/** What an operation is, apart from the one time that it runs. */
export interface OperationKind {
  readonly kind: string;
  /** Such as `{ tool_name: 'search' }`; in both of its events. */
  readonly named: EventData;
  /** How its content goes into its events, where content is wanted. */
  readonly input: ContentForm;
  readonly output: ContentForm;
}

/** One operation that is about to run. */
export interface Operation {
  readonly kind: OperationKind;
  readonly speaker: Speaker;
  /** What runs inside it belongs to this. */
  readonly run: Run & { readonly callId: string };
  readonly parentCallId: string | undefined;
  readonly data: () => EventData | undefined;
  /** Fields of the POST, from the value, or from each item of a stream. */
  readonly fieldsOf: ((value: unknown) => EventData | undefined) | undefined;
  readonly captureContent: boolean | undefined;
  readonly input: () => unknown;
}

/** Functions of the agent's own that look at values: what they throw, or a getter of what they give, must not reach it. */
const safely = (
  { speaker }: Operation,
  what: string,
  read: () => EventData | undefined,
): EventData | undefined => {
  try {
    const fields = read();
    return fields === undefined ? undefined : { ...fields };
  } catch (error) {
    // The class alone: its message may hold what must not be told.
    const failure = HookResult.failed(error).errorType ?? typeof error;
    speaker.tellProblem(what, `the ${what} function of a traced operation failed with ${failure}`);
    return undefined;
  }
};

const eventOf = (
  { kind, speaker, run, parentCallId }: Operation,
  phase: 'pre' | 'post',
): HookContextInit => ({
  eventType: `${phase}_${kind.kind}`,
  agentId: speaker.agentId,
  serviceName: speaker.serviceName,
  traceId: run.traceId,
  callId: run.callId,
  parentCallId,
});

const capturing = ({ captureContent }: Operation): boolean => captureContent ?? contentAllowed();

const preOf = (operation: Operation): HookContextInit => ({
  ...eventOf(operation, 'pre'),
  data: {
    ...operation.kind.named,
    ...(capturing(operation) ? operation.kind.input(operation.input()) : undefined),
    ...safely(operation, 'data', operation.data),
  },
});

/** A moment, by both clocks. */
interface Moment {
  /** Seconds since the epoch. */
  readonly timestamp: number;
  /** Milliseconds of the steady clock. */
  readonly steady: number;
}

const now = (): Moment => ({ timestamp: nowSeconds(), steady: performance.now() });

/** Tells how the operation ended, at which moment. */
type Ending = (result: HookResultInit, fields?: EventData, at?: Moment) => Promise<void> | undefined;

const endingOf = (operation: Operation): Ending => {
  const startedAt = performance.now();
  return (result, fields, { timestamp, steady } = now()) =>
    tell(operation.speaker.receiver, {
      ...eventOf(operation, 'post'),
      timestamp,
      data: { ...operation.kind.named, ...fields },
      result: { ...result, durationMs: steady - startedAt },
    });
};

const fieldsOfValue = (operation: Operation, value: unknown): EventData => ({
  ...(capturing(operation) ? operation.kind.output(value) : undefined),
  ...safely(operation, 'result', () => operation.fieldsOf?.(value)),
});

const outcomeOf = (end: StreamEnd): HookResultInit =>
  end.type === 'failed' ? HookResult.failed(end.error) : { success: true };

/** The stream as the caller gets it; undefined where it cannot be followed, so that the operation ends at once. */
const followed = (stream: object, operation: Operation, ending: Ending): object | undefined => {
  let items = 0;
  let fields: EventData = {};
  let firstAfter: number | undefined;
  let lastSign = now();
  const startedAt = lastSign.steady;
  return followStream(stream, {
    inside: (body) => within(operation.run, body),
    item: (value) => {
      items += 1;
      lastSign = now();
      firstAfter ??= lastSign.steady - startedAt;
      const more = operation.fieldsOf && safely(operation, 'result', () => operation.fieldsOf?.(value));
      if (more !== undefined) fields = { ...fields, ...more };
    },
    end: async (end) => {
      const whole = end.type === 'finished' || end.type === 'failed';
      const about = {
        stream_items: items,
        ...(firstAfter === undefined ? {} : { time_to_first_item_ms: firstAfter }),
        ...(whole ? {} : { stream_abandoned: true }),
        ...fields,
      };
      await ending(outcomeOf(end), about, end.type === 'forgotten' ? lastSign : undefined);
    },
  });
};

/** What only begins when it is awaited, as the queries of many a library, is to begin inside the operation. */
const begun = <Value>(value: Value): Value | Promise<Awaited<Value>> =>
  isThenable(value) ? Promise.resolve(value) : value;

/**
 * Runs `body` as an operation: PRE before it, POST when it has ended, or when the stream that it gave has. Answers what
 * `body` gives, and throws what it throws, the very same.
 */
export const operate = async <Value>(operation: Operation, body: () => Value): Promise<Awaited<Value>> => {
  const told = tell(operation.speaker.receiver, preOf(operation));
  if (told !== undefined) await told;
  const ending = endingOf(operation);
  let value: Awaited<Value>;
  try {
    value = await within(operation.run, () => begun(body()));
  } catch (error) {
    await ending(HookResult.failed(error));
    throw error;
  }
  if (isStream(value)) {
    const stream = followed(value, operation, ending);
    if (stream !== undefined) return stream as Awaited<Value>;
  }
  await ending({ success: true }, fieldsOfValue(operation, value));
  return value;
};
