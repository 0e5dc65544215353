import { contentAllowed } from '../../observing/content.js';
import { currentRun } from '../../observing/run.js';
import type { EventReceiver } from '../../receiver.js';
import type { OnProblem } from '../../tracing/problems.js';

/** An operation that is open outside of the framework, under which its runs belong. */
export interface OuterOperation {
  readonly traceId: string;
  readonly callId?: string | undefined;
}

/** What every framework's adapter takes. Only the receiver is required. */
export interface AdapterOptions {
  /** Takes the events: a HookManager, a TracingHook, a PublishingHook, or several behind one. */
  readonly receiver: EventReceiver;
  /** The agent where the framework names none. */
  readonly agentId?: string | undefined;
  /**
   * Whether prompts, completions, tool arguments and results go into the events. Absent: where the environment variable
   * `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is `true`.
   */
  readonly captureContent?: boolean | undefined;
  /** UTF-16 units of one captured content; older messages and the ends of long texts are left out. Default 32,768. */
  readonly maxContentLength?: number | undefined;
  /** Operations followed at once; the oldest is closed as failed when one more opens. Default 10,000. */
  readonly maxOpenOperations?: number | undefined;
  /**
   * Asked where a run begins: what it belongs under, if anything. Default: the run that `trace.agent` and the like have
   * around it, so that one trace holds both; outside of any, each run has a trace of its own.
   */
  readonly within?: (() => OuterOperation | undefined) | undefined;
  /** Told what went wrong in here, at most once a minute for each kind. Default: a warning of the process. */
  readonly onProblem?: OnProblem | undefined;
}

/** Options with their defaults. */
export interface CompiledOptions {
  readonly receiver: EventReceiver;
  readonly agentId: string | undefined;
  /** Read each time, since the environment's variable may be switched. */
  readonly captureContent: boolean;
  readonly maxContentLength: number;
  readonly maxOpenOperations: number;
  readonly within: () => OuterOperation | undefined;
  readonly onProblem: OnProblem | undefined;
}

const positive = (name: string, value: number | undefined, otherwise: number): number => {
  if (value === undefined) return otherwise;
  if (!Number.isSafeInteger(value) || value < 1)
    throw new TypeError(`${name} must be a whole number of at least 1, not ${String(value)}`);
  return value;
};

/**
 * Fills in the defaults.
 *
 * @throws TypeError where there is no receiver, or a limit is no whole number of at least 1.
 */
export const compileOptions = (options: AdapterOptions): CompiledOptions => {
  const { receiver, agentId, captureContent, within, onProblem } = options;
  if (typeof (receiver as Partial<EventReceiver> | undefined)?.handle !== 'function')
    throw new TypeError('receiver must be something with handle(event), such as a HookManager');
  return {
    receiver,
    agentId: agentId === '' ? undefined : agentId,
    get captureContent() {
      return captureContent ?? contentAllowed();
    },
    maxContentLength: positive('maxContentLength', options.maxContentLength, 32_768),
    maxOpenOperations: positive('maxOpenOperations', options.maxOpenOperations, 10_000),
    within: within ?? currentRun,
    onProblem,
  };
};
