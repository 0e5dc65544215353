import type { Attribute, HookContext, JsonValue, SpanEvent, SpanStatus } from '@kaizen-trace/contracts';
import { nanos } from '@kaizen-trace/contracts';
import { cut } from './text.js';

/** How an operation or a point event ended: the status of its spans, and the exception that they show. */
export interface Outcome {
  readonly status: SpanStatus;
  readonly exception?: SpanEvent;
  /** `error.type`, where it failed. */
  readonly errorType?: string;
}

interface Failure {
  readonly type: string | undefined;
  readonly message: string | undefined;
  readonly stack: string | undefined;
}

const unset: Outcome = { status: { code: 'unset' } };
const ok: Outcome = { status: { code: 'ok' } };

const orElse = (text: string | undefined, fallback: string): string =>
  text === undefined || text === '' ? fallback : text;

const failed = (failure: Failure, event: HookContext, maxStringLength: number): Outcome => {
  const message = cut(orElse(failure.message, 'Hook execution failed'), maxStringLength);
  const errorType = cut(orElse(failure.type, 'Error'), maxStringLength);
  const attributes: Attribute[] = [
    ['exception.type', errorType],
    ['exception.message', message],
  ];
  if (failure.stack !== undefined)
    attributes.push(['exception.stacktrace', cut(failure.stack, maxStringLength)]);
  return {
    status: { code: 'error', message },
    exception: {
      name: 'exception',
      time: nanos(event.timestamp * 1000n),
      attributes,
      droppedAttributes: 0,
    },
    errorType,
  };
};

const textOrNothing = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

const field = (fields: Readonly<Record<string, JsonValue>>, key: string): JsonValue | undefined =>
  Object.hasOwn(fields, key) ? fields[key] : undefined;

const isObject = (value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The failure that a POST without a result tells by its data. */
const failureInData = ({ data }: HookContext): Failure | undefined => {
  const error = field(data, 'error');
  if (typeof error === 'string' && error !== '') return { type: undefined, message: error, stack: undefined };
  if (isObject(error)) {
    return {
      type: textOrNothing(field(error, 'type')),
      message: textOrNothing(field(error, 'message')),
      stack: textOrNothing(field(error, 'stack')),
    };
  }
  return field(data, 'success') === false
    ? { type: undefined, message: undefined, stack: undefined }
    : undefined;
};

const outcomeOfResult = (event: HookContext, maxStringLength: number): Outcome | undefined => {
  const { result } = event;
  if (result === undefined) return undefined;
  if (result.success) return ok;
  return failed(
    { type: result.errorType, message: result.error, stack: result.stack },
    event,
    maxStringLength,
  );
};

/** By the POST's result, else by `data.error` or `data.success`, else unset. */
export const outcomeOfPost = (post: HookContext, maxStringLength: number): Outcome => {
  const outcome = outcomeOfResult(post, maxStringLength);
  if (outcome !== undefined) return outcome;
  const failure = failureInData(post);
  return failure === undefined ? unset : failed(failure, post, maxStringLength);
};

/** By the point event's result alone. */
export const outcomeOfPoint = (event: HookContext, maxStringLength: number): Outcome =>
  outcomeOfResult(event, maxStringLength) ?? unset;

/** An operation that was given up. */
export const givenUp = (message: string, maxStringLength: number): Outcome => ({
  status: { code: 'error', message: cut(message, maxStringLength) },
});
