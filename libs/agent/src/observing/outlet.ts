import { unreachable } from '@kaizen-trace/contracts';
import type { HookAnswer } from '../hooks/hook.js';
import type { HookContextInit } from '../hooks/hook-context.js';
import { HookResult } from '../hooks/hook-result.js';
import { PublishingHook } from '../publishing/publishing-hook.js';
import type { Publisher } from '../publishing/publisher.js';
import { httpPublisher, kafkaPublisher } from '../publishing/publishers.js';
import { problemTeller } from '../tracing/problems.js';
import { TracingHook } from '../tracing/tracing-hook.js';
import { TracingManager } from '../tracing/tracing-manager.js';
import type { ObservabilityOptions } from './observability-options.js';
import { processWide } from './process-wide.js';
import type { ReadOptions } from './read-options.js';
import { refuseOther } from './refuse-other.js';

/** Where the events of one or several agents go. */
export interface Outlet {
  readonly name: string;
  readonly handle: (event: HookContextInit) => HookAnswer | Promise<HookAnswer>;
  readonly tracingManager: TracingManager | undefined;
  readonly tracingHook: TracingHook | undefined;
  readonly publisher: Publisher | undefined;
  /** Both answer whether everything went through within the time; neither rejects. */
  readonly flush: (timeoutSeconds: number) => Promise<boolean>;
  /** When the last agent leaves. What somebody else made stays open. */
  readonly close: (timeoutSeconds: number) => Promise<boolean>;
}

/** The one hook of a manager, so that parents are found across the agents that share it. */
interface SharedHook {
  readonly hook: TracingHook;
  readonly given: ObservabilityOptions;
  users: number;
}

const sharedHooks = (): WeakMap<TracingManager, SharedHook> =>
  processWide('tracing-hooks', () => new WeakMap<TracingManager, SharedHook>());

/** The agent's own redact before a hook that others use as well. Where it throws, the event goes nowhere. */
const redacting = (hook: TracingHook, { redact, onProblem }: ObservabilityOptions): Outlet['handle'] => {
  if (redact === undefined) return (event) => hook.handle(event);
  const tellProblem = problemTeller(onProblem);
  return (event) => {
    let redacted: HookContextInit;
    try {
      redacted = redact(event);
    } catch (error) {
      const { errorType = 'no error' } = HookResult.failed(error);
      tellProblem('redact', `an event was refused, since redacting it failed with ${errorType}`);
      throw error;
    }
    return hook.handle(redacted);
  };
};

/** Beside a manager that somebody else made: filter and redact are each agent's own, and stay with its hook manager. */
const sharedTracing = (tracingManager: TracingManager, options: ObservabilityOptions): Outlet => {
  const hooks = sharedHooks();
  const { redaction, onProblem } = options;
  const shared = hooks.get(tracingManager) ?? {
    hook: new TracingHook({ tracingManager, redaction, onProblem }),
    given: options,
    users: 0,
  };
  refuseOther({ redaction }, shared.given, 'an agent with the same tracingManager is observed');
  hooks.set(tracingManager, shared);
  shared.users += 1;
  const { hook } = shared;
  return {
    ...tracingOutlet(tracingManager, hook),
    handle: redacting(hook, options),
    close: (timeoutSeconds) => {
      shared.users -= 1;
      if (shared.users > 0) return tracingManager.forceFlush(timeoutSeconds);
      hooks.delete(tracingManager);
      return hook.shutdown(timeoutSeconds);
    },
  };
};

const tracingOutlet = (tracingManager: TracingManager, tracingHook: TracingHook): Outlet => ({
  name: tracingHook.name,
  handle: (event) => tracingHook.handle(event),
  tracingManager,
  tracingHook,
  publisher: undefined,
  flush: (timeoutSeconds) => tracingManager.forceFlush(timeoutSeconds),
  // The manager ends its hooks first.
  close: (timeoutSeconds) => tracingManager.shutdown(timeoutSeconds),
});

const publishingOutlet = (publisher: Publisher, isOwn: boolean): Outlet => {
  const hook = new PublishingHook({ publisher });
  return {
    name: hook.name,
    handle: hook.handle,
    tracingManager: undefined,
    tracingHook: undefined,
    publisher,
    flush: (timeoutSeconds) => publisher.flush(timeoutSeconds),
    close: (timeoutSeconds) => (isOwn ? publisher.close(timeoutSeconds) : publisher.flush(timeoutSeconds)),
  };
};

const ownTracing = (options: ObservabilityOptions, serviceName: string): Outlet => {
  const { jaegerHost, jaegerPort, insecure, redact, redaction, onProblem, eventsToTrace } = options;
  const tracingManager = new TracingManager({
    serviceName,
    jaegerHost,
    jaegerPort,
    insecure,
    redaction,
    onProblem,
  });
  const hook = new TracingHook({ tracingManager, eventsToTrace, redact });
  return tracingOutlet(tracingManager, hook);
};

/**
 * Opens the way that options and environment name, or joins the one that is given. Nothing is connected yet.
 *
 * @throws TypeError or Error from what is opened, where an option does not hold.
 */
export const openOutlet = (
  options: ObservabilityOptions,
  { transport }: ReadOptions,
  serviceName: string,
): Outlet => {
  const { tracingManager, publisher, brokers, gatewayUrl, redact, redaction, onProblem } = options;
  if (publisher !== undefined) return publishingOutlet(publisher, false);
  if (tracingManager !== undefined) return sharedTracing(tracingManager, options);
  const common = { redact, redaction: redaction === false ? { enabled: false } : redaction, onProblem };
  switch (transport) {
    case 'direct':
      return ownTracing(options, serviceName);
    case 'kafka':
      return publishingOutlet(kafkaPublisher({ ...common, brokers }), true);
    case 'http':
      return publishingOutlet(httpPublisher({ ...common, url: gatewayUrl }), true);
    default:
      return unreachable(transport);
  }
};
