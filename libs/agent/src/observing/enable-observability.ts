import type { HookContext } from '../hooks/hook-context.js';
import type { HookManager } from '../hooks/hook-manager.js';
import type { Hook } from '../hooks/hook.js';
import type { Publisher } from '../publishing/publisher.js';
import { problemTeller } from '../tracing/problems.js';
import type { TracingHook } from '../tracing/tracing-hook.js';
import type { TracingManager } from '../tracing/tracing-manager.js';
import { agentIdOf, agentName, hookManagerOf } from './agent-parts.js';
import { shortId } from './new-ids.js';
import type { ObservabilityOptions } from './observability-options.js';
import { openOutlet, type Outlet } from './outlet.js';
import { processWide } from './process-wide.js';
import { readOptions, type ReadOptions } from './read-options.js';
import { refuseOther } from './refuse-other.js';
import { dismiss, enlist } from './speakers.js';

/** What enabling gives: what an agent's events pass through, and how to end it. */
export interface Observability {
  readonly serviceName: string;
  readonly hookManager: HookManager;
  /** With the transport `direct`. */
  readonly tracingManager?: TracingManager;
  readonly tracingHook?: TracingHook;
  /** With `kafka` and `http`. */
  readonly publisher?: Publisher;
  /** Whether all that was told before has arrived within so many seconds. Never rejects. */
  flush(timeoutSeconds?: number): Promise<boolean>;
  /**
   * Flushes, and takes the agent off; what only this agent used is closed. It can be enabled anew. Answers as
   * {@link Observability.flush} does; idempotent, and never rejects.
   */
  shutdown(timeoutSeconds?: number): Promise<boolean>;
}

/** What the agents of one hook manager share. */
interface Attachment {
  readonly outlet: Outlet;
  readonly hook: Hook;
  /** The service of each agent, by its id. */
  readonly services: Map<string, string>;
  readonly given: ObservabilityOptions;
  users: number;
}

interface Enabled {
  readonly handle: Observability;
  readonly given: ObservabilityOptions;
}

interface Register {
  readonly byManager: WeakMap<HookManager, Attachment>;
  readonly byAgent: WeakMap<object, Enabled>;
}

const register = (): Register =>
  processWide('observed', () => ({
    byManager: new WeakMap<HookManager, Attachment>(),
    byAgent: new WeakMap<object, Enabled>(),
  }));

/** Agents of one hook manager whose service is remembered by their id; the first one's stands for all others. */
const mostServices = 10_000;
const patienceSeconds = 30;

const hookOf = (outlet: Outlet, given: ObservabilityOptions, services: ReadonlyMap<string, string>): Hook => {
  const [[, firstService] = ['', '']] = services;
  const isNamed = ({ serviceName, metadata }: HookContext): boolean =>
    serviceName !== undefined || typeof metadata.service_name === 'string';
  return {
    name: outlet.name,
    events: given.eventsToTrace,
    handle: (context) =>
      outlet.handle(
        isNamed(context) ? context : context.ofService(services.get(context.agentId) ?? firstService),
      ),
  };
};

/** Opens what the hook manager's events go to, or joins what is there. */
const attach = (hookManager: HookManager, read: ReadOptions, agent: AgentFacts): Attachment => {
  const { byManager } = register();
  const known = byManager.get(hookManager);
  const { given, agentId, serviceName } = agent;
  if (known !== undefined) {
    refuseOther(
      { ...given, serviceName: undefined },
      known.given,
      'an agent with the same hookManager is observed',
    );
    if (known.services.size < mostServices) known.services.set(agentId, serviceName);
    known.users += 1;
    return known;
  }
  const outlet = openOutlet(given, read, serviceName);
  const services = new Map([[agentId, serviceName]]);
  const hook = hookOf(outlet, given, services);
  hookManager.registerHook(hook);
  const attachment: Attachment = { outlet, hook, services, given, users: 1 };
  byManager.set(hookManager, attachment);
  return attachment;
};

const detach = (hookManager: HookManager, agentId: string, timeoutSeconds: number): Promise<boolean> => {
  const { byManager } = register();
  const attachment = byManager.get(hookManager);
  if (attachment === undefined) return Promise.resolve(true);
  attachment.users -= 1;
  attachment.services.delete(agentId);
  if (attachment.users > 0) return attachment.outlet.flush(timeoutSeconds);
  hookManager.unregister(attachment.hook);
  byManager.delete(hookManager);
  return attachment.outlet.close(timeoutSeconds);
};

interface AgentFacts {
  readonly agentId: string;
  readonly serviceName: string;
  readonly given: ObservabilityOptions;
}

const untraced = (hookManager: HookManager, serviceName: string): Observability => ({
  serviceName,
  hookManager,
  flush: () => Promise.resolve(true),
  shutdown: () => Promise.resolve(true),
});

const observe = (agent: object, hookManager: HookManager, given: ObservabilityOptions): Observability => {
  const tellProblem = problemTeller(given.onProblem);
  const read = readOptions(given, process.env, tellProblem);
  const serviceName = read.serviceName ?? agentName(agent) ?? 'kaizen-agents';
  if (given.enableTracing === false) return untraced(hookManager, serviceName);
  const agentId = agentIdOf(agent) ?? `${agentName(agent) ?? 'agent'}-${shortId()}`;
  const { outlet } = attach(hookManager, read, { agentId, serviceName, given });
  enlist(agent, { receiver: hookManager, agentId, serviceName, tellProblem });
  const { tracingManager, tracingHook, publisher } = outlet;
  let ending: Promise<boolean> | undefined;
  return {
    serviceName,
    hookManager,
    ...(tracingManager === undefined ? {} : { tracingManager }),
    ...(tracingHook === undefined ? {} : { tracingHook }),
    ...(publisher === undefined ? {} : { publisher }),
    flush: (timeoutSeconds = patienceSeconds) => ending ?? outlet.flush(timeoutSeconds),
    shutdown: (timeoutSeconds = patienceSeconds) => {
      if (ending !== undefined) return ending;
      dismiss(agent);
      register().byAgent.delete(agent);
      ending = detach(hookManager, agentId, timeoutSeconds);
      return ending;
    },
  };
};

/**
 * Has an agent's events traced: one line, for a `BaseAgent` or any object that has a hook manager under `hookManager`,
 * `_hookManager` or `hook_manager`. Enabled again without options, or with those of the first time, the first handle
 * comes back and nothing is added. Agents that share a hook manager share what its events go to; each keeps its own
 * service name.
 *
 * @throws TypeError where the agent has no hook manager. ObservabilitySettingsError naming every mistake in options and
 * environment; what is wrong in variables of OpenTelemetry and Jaeger, which may be meant for others, is told to `onProblem`
 * and passed over. Error where it is enabled already with other options. Nothing is thrown after it has returned.
 */
export const enableObservability = (agent: object, options: ObservabilityOptions = {}): Observability => {
  const hookManager = hookManagerOf(agent);
  const { byAgent } = register();
  const known = byAgent.get(agent);
  if (known !== undefined) {
    const { serviceName } = known.handle;
    refuseOther(options, { ...known.given, serviceName }, 'this agent is observed');
    return known.handle;
  }
  const handle = observe(agent, hookManager, options);
  if (options.enableTracing !== false) byAgent.set(agent, { handle, given: options });
  return handle;
};
