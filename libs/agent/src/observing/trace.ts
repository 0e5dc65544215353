import { eventNameOf } from '../hooks/event-name.js';
import { asMessages, asText } from './content.js';
import { newCallId, newTraceId } from './new-ids.js';
import { operate, type EventData, type Operation, type OperationKind } from './operation.js';
import { currentRun, within, type Run, type Speaker } from './run.js';
import { tell } from './tell.js';
import {
  readTraceContext,
  writeTraceContext,
  type HeaderSource,
  type TraceHeaders,
} from './trace-context.js';

/** What a function's value is made of: the items of a stream, else the value itself. */
export type ItemOf<Value> = Awaited<Value> extends AsyncIterable<infer Item> ? Item : Awaited<Value>;

/** What is known of an operation beside its name. */
export interface OperationOptions<Args extends readonly unknown[], Value> {
  /** On whose behalf it runs. Unless told: the agent that the code runs under. */
  readonly agentId?: string | undefined;
  /** Its id, such as a model's id of a tool call; 1 to 256 characters. Unless told: a fresh one. */
  readonly callId?: string | ((...args: Args) => string) | undefined;
  /** Fields of its PRE, or a function that makes them of the arguments. */
  readonly data?: EventData | ((...args: Args) => EventData | undefined) | undefined;
  /**
   * Fields of its POST, such as `input_tokens`, `output_tokens`, `provider`, made of the value. Of a stream it is called
   * with each item, and what it answers is put together, later fields over earlier ones.
   */
  readonly result?: ((value: ItemOf<Value>) => EventData | undefined) | undefined;
  /** Whether arguments and value go into the events as text. Unless told: what the environment says, else no. */
  readonly captureContent?: boolean | undefined;
}

/** What is known of a memory operation. */
export interface MemoryOptions<Args extends readonly unknown[], Value> extends OperationOptions<Args, Value> {
  /** Which kind of memory operation; `read` unless told. */
  readonly operation?: 'read' | 'save' | 'load' | undefined;
}

/** The function with its parameters and its `this`, answering a promise of its value. */
export type Traced<This, Args extends unknown[], Value> = (
  this: This,
  ...args: Args
) => Promise<Awaited<Value>>;

/** Which run to begin or to go on with. */
export interface RunOptions {
  /** The run's trace id, 1 to 256 characters; any other is passed over. Wins over what the headers say. */
  readonly traceId?: string | undefined;
  /** The headers of the request that asks for it. */
  readonly headers?: HeaderSource;
  /** The `_meta` of the MCP request that asks for it; looked at where the headers name no run. */
  readonly meta?: HeaderSource;
}

type Callable<This, Args extends unknown[], Value> = (this: This, ...args: Args) => Value;

/**
 * Wraps functions so that their calls are traced. A wrapped function behaves as the function does: same arguments, same
 * `this`, same value (as a promise), the very same error. Where nobody listens it just calls it.
 */
export interface Trace {
  /** @throws TypeError where the name is empty, or `fn` no function; so do the others. */
  tool<This, Args extends unknown[], Value>(
    name: string,
    fn: Callable<This, Args, Value>,
    options?: OperationOptions<Args, Value>,
  ): Traced<This, Args, Value>;
  llm<This, Args extends unknown[], Value>(
    model: string,
    fn: Callable<This, Args, Value>,
    options?: OperationOptions<Args, Value>,
  ): Traced<This, Args, Value>;
  memory<This, Args extends unknown[], Value>(
    fn: Callable<This, Args, Value>,
    options?: MemoryOptions<Args, Value>,
  ): Traced<This, Args, Value>;
  /** An agent's loop: a run of its own, or part of the run that it is called in. */
  agent<This, Args extends unknown[], Value>(
    fn: Callable<This, Args, Value>,
    options?: OperationOptions<Args, Value>,
  ): Traced<This, Args, Value>;
  /** Any other kind, such as `plan_generation`, `specialist_invoke`, or one of your own. */
  operation<This, Args extends unknown[], Value>(
    kind: string,
    fn: Callable<This, Args, Value>,
    options?: OperationOptions<Args, Value>,
  ): Traced<This, Args, Value>;
  /** Tells of something that happens at one point in time. Resolves when the hooks have seen it; never rejects. */
  event(name: string, data?: EventData): Promise<void>;
  /** Calls `fn` in a run that begins here, or that the options name. Without either, in a new one. */
  run<Value>(options: RunOptions, fn: () => Value): Value;
  /** W3C `traceparent` and `tracestate` of the operation at hand, for the request to another process; else nothing. */
  headers(): TraceHeaders;
  /** The same for the `_meta` of an MCP request. */
  meta(): TraceHeaders;
}

/** Who speaks in a run; undefined where nobody listens. */
export type SpeakerIn = (run: Run | undefined) => Speaker | undefined;

/** An operation as it was wrapped, before any call. */
interface Wrapping<Args extends readonly unknown[], Value> {
  readonly kind: OperationKind;
  readonly options: OperationOptions<Args, Value>;
}

const newRun = (speaker: Speaker | undefined): Run => ({
  traceId: newTraceId(),
  callId: undefined,
  foreignParent: undefined,
  tracestate: [],
  speaker,
});

/** A trace id that is none would have every event of the run refused. */
const traceIdOf = ({ traceId }: RunOptions, speaker: Speaker | undefined): string | undefined => {
  if (traceId === undefined || (typeof traceId === 'string' && traceId !== '' && traceId.length <= 256))
    return traceId;
  const message = 'the traceId of a run must be a string of 1 to 256 characters: it was passed over';
  speaker?.tellProblem('trace-id', message);
  return undefined;
};

/** The run that options name; undefined where they name none. */
export const runOf = (options: RunOptions, speaker: Speaker | undefined): Run | undefined => {
  const continued = readTraceContext(options.headers) ?? readTraceContext(options.meta);
  const traceId = traceIdOf(options, speaker);
  if (continued !== undefined && (traceId === undefined || traceId === continued.traceId))
    return { ...continued, speaker };
  if (traceId !== undefined) return { ...newRun(speaker), traceId };
  return undefined;
};

const callIdOf = <Args extends readonly unknown[]>(
  callId: OperationOptions<Args, unknown>['callId'],
  args: Args,
): string => {
  if (callId === undefined) return newCallId();
  try {
    const given: unknown = typeof callId === 'string' ? callId : callId(...args);
    return typeof given === 'string' && given !== '' && given.length <= 256 ? given : newCallId();
  } catch {
    return newCallId();
  }
};

/** One call of what was wrapped, in the run at hand or in a new one. */
export const operationOf = <Args extends readonly unknown[], Value>(
  { kind, options }: Wrapping<Args, Value>,
  args: Args,
  { speaker: given, run }: { readonly speaker: Speaker; readonly run: Run | undefined },
): Operation => {
  const { agentId, data, result } = options;
  const speaker = agentId === undefined ? given : { ...given, agentId };
  const outer = run ?? newRun(speaker);
  return {
    kind,
    speaker,
    run: { ...outer, foreignParent: undefined, callId: callIdOf(options.callId, args), speaker },
    parentCallId: outer.callId,
    data: () => (typeof data === 'function' ? data(...args) : data),
    fieldsOf: result === undefined ? undefined : (value) => result(value as ItemOf<Value>),
    captureContent: options.captureContent,
    input: () => (args.length === 1 ? args[0] : args),
  };
};

/** The function's name and number of parameters, for those who look at them. */
const dressed = <Fn extends (...args: never[]) => unknown>(
  wrapper: Fn,
  fn: (...args: never[]) => unknown,
): Fn =>
  Object.defineProperties(wrapper, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  });

const wrap = <This, Args extends unknown[], Value>(
  speakerIn: SpeakerIn,
  fn: Callable<This, Args, Value>,
  wrapping: Wrapping<Args, Value>,
): Traced<This, Args, Value> => {
  if (typeof fn !== 'function') throw new TypeError('trace: there must be a function to wrap');
  return dressed(function (this: This, ...args: Args): Promise<Awaited<Value>> {
    const run = currentRun();
    const speaker = speakerIn(run);
    // Not an async function, so that one that nobody listens to costs one promise, and the value's own where it is one.
    if (speaker === undefined)
      return new Promise((resolve) => resolve(fn.apply(this, args) as Awaited<Value>));
    return operate(operationOf(wrapping, args, { speaker, run }), () => fn.apply(this, args));
  }, fn);
};

const plain = (kind: string, named: EventData = {}): OperationKind => ({
  kind,
  named,
  input: asText('input'),
  output: asText('output'),
});

const named = (kind: string, key: string, name: string): OperationKind => {
  if (typeof name !== 'string' || name === '')
    throw new TypeError(`trace: ${key} must be a non-empty string`);
  return plain(kind, { [key]: name });
};

const toolKind = (name: string): OperationKind => ({
  ...named('tool_use', 'tool_name', name),
  input: asText('gen_ai.tool.call.arguments'),
  output: asText('gen_ai.tool.call.result'),
});

const modelKind = (model: string): OperationKind => ({
  ...named('llm_call', 'model', model),
  input: asMessages('gen_ai.input.messages', 'user'),
  output: asMessages('gen_ai.output.messages', 'assistant'),
});

/** An agent's loop, whose content goes under the keys of our own. */
export const agentLoop = plain('agent_loop');

const pointEvent = async (speakerIn: SpeakerIn, name: string, data: EventData): Promise<void> => {
  const run = currentRun();
  const speaker = speakerIn(run);
  if (speaker === undefined) return;
  await tell(speaker.receiver, {
    eventType: name,
    agentId: speaker.agentId,
    serviceName: speaker.serviceName,
    traceId: run?.traceId ?? newTraceId(),
    parentCallId: run?.callId,
    data,
  });
};

const headersHere = (): TraceHeaders => {
  const run = currentRun();
  return run === undefined ? {} : writeTraceContext(run);
};

/** The functions of {@link Trace}, speaking for whom `speakerIn` says. */
export const createTrace = (speakerIn: SpeakerIn): Trace => ({
  tool: (name, fn, options = {}) => wrap(speakerIn, fn, { kind: toolKind(name), options }),
  llm: (model, fn, options = {}) => wrap(speakerIn, fn, { kind: modelKind(model), options }),
  memory: (fn, options = {}) =>
    wrap(speakerIn, fn, { kind: plain(`memory_${options.operation ?? 'read'}`), options }),
  agent: (fn, options = {}) => wrap(speakerIn, fn, { kind: agentLoop, options }),
  operation: (kind, fn, options = {}) =>
    wrap(speakerIn, fn, { kind: plain(eventNameOf(`pre_${kind}`).slice(4)), options }),
  event: (name, data = {}) => pointEvent(speakerIn, name, data),
  run: (options, fn) => {
    const speaker = speakerIn(currentRun());
    return within(runOf(options, speaker) ?? newRun(speaker), fn);
  },
  headers: headersHere,
  meta: headersHere,
});
