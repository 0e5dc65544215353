import type {
  Attribute,
  HookContext,
  JsonValue,
  Nanos,
  SpanEvent,
  SpanStatus,
} from '@kaizen-trace/contracts';
import { nanos, phaseOf } from '@kaizen-trace/contracts';
import type { AssemblySettings } from '../settings.js';
import { cut } from './oracle-attributes.js';

/** A status with the exception that goes with an error. */
export interface Outcome {
  readonly status: SpanStatus;
  readonly errorType?: string;
  readonly events: readonly SpanEvent[];
}

/** Microseconds to the nanoseconds of spans. */
export const toNanos = (timestamp: bigint): Nanos => nanos(timestamp * 1000n);

const text = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

interface Failure {
  readonly message: string | undefined;
  readonly type: string | undefined;
  readonly stack: string | undefined;
}

// Without a result, on a POST: data.error, a non-empty string or an object, or data.success === false, is failure.
const failureInData = ({ data }: HookContext): Failure | undefined => {
  const { error, success } = data;
  const none = { message: undefined, type: undefined, stack: undefined };
  if (text(error) !== undefined) return { ...none, message: text(error) };
  if (typeof error === 'object' && error !== null && !Array.isArray(error)) {
    const { message, type, stack } = error as Readonly<Record<string, JsonValue>>;
    return { message: text(message), type: text(type), stack: typeof stack === 'string' ? stack : undefined };
  }
  return success === false ? none : undefined;
};

const failed = (
  { message, type, stack }: Failure,
  event: HookContext,
  settings: AssemblySettings,
): Outcome => {
  const told = cut(message ?? 'Hook execution failed', settings);
  const errorType = cut(type ?? 'Error', settings);
  const attributes: Attribute[] = [
    ['exception.type', errorType],
    ['exception.message', told],
    ...(stack === undefined ? [] : [['exception.stacktrace', cut(stack, settings)] as const]),
  ];
  const exception: SpanEvent = {
    name: 'exception',
    time: toNanos(event.timestamp),
    attributes,
    droppedAttributes: 0,
  };
  return { status: { code: 'error', message: told }, errorType, events: [exception] };
};

/** Status and exception that a POST or a point event gives. */
export const outcomeOf = (event: HookContext, settings: AssemblySettings): Outcome => {
  const { result } = event;
  if (result?.success === true) return { status: { code: 'ok' }, events: [] };
  if (result !== undefined) {
    const { error, errorType, stack } = result;
    return failed({ message: text(error), type: text(errorType), stack }, event, settings);
  }
  const failure = phaseOf(event.eventType).phase === 'post' ? failureInData(event) : undefined;
  return failure === undefined ? { status: { code: 'unset' }, events: [] } : failed(failure, event, settings);
};
