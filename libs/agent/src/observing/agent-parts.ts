import type { HookManager } from '../hooks/hook-manager.js';

const places = ['hookManager', '_hookManager', 'hook_manager'] as const;

/** Not by `instanceof`: an application may load the package twice, as an ES module and as CommonJS. */
const isHookManager = (value: unknown): value is HookManager =>
  typeof value === 'object' &&
  value !== null &&
  ['handle', 'trigger', 'registerHook', 'unregister'].every(
    (name) => typeof Reflect.get(value, name) === 'function',
  );

const isAgent = (agent: unknown): agent is object =>
  (typeof agent === 'object' && agent !== null) || typeof agent === 'function';

/**
 * The agent's hook manager, wherever it keeps it.
 *
 * @throws TypeError where it has none.
 */
export const hookManagerOf = (agent: unknown): HookManager => {
  const found = isAgent(agent)
    ? places
        .map((name): unknown => Reflect.get(agent, name))
        .find((each) => each !== undefined && each !== null)
    : undefined;
  if (isHookManager(found)) return found;
  throw new TypeError(
    found === undefined
      ? `enableObservability: the agent has no hookManager: extend BaseAgent, or give it one, as in "agent.hookManager = new HookManager()" (looked at ${places.join(', ')})`
      : 'enableObservability: what the agent has as its hookManager is none: give it a HookManager of @kaizen-trace/agent',
  );
};

const textAt = (agent: object, name: string): string | undefined => {
  const value: unknown = Reflect.get(agent, name);
  return typeof value === 'string' && value !== '' ? value.slice(0, 256) : undefined;
};

/** The name of the agent's class; of an agent without one, its name or id; undefined where it has neither. */
export const agentName = (agent: object): string | undefined => {
  const { constructor } = agent as { readonly constructor?: unknown };
  // An agent that is a function has a name of its own.
  const isNamed = typeof agent === 'object' && typeof constructor === 'function' && constructor !== Object;
  const ofClass = isNamed ? constructor.name : '';
  return ofClass === '' ? (textAt(agent, 'name') ?? agentIdOf(agent)) : ofClass.slice(0, 256);
};

/** The id under which the agent tells its events, where it has one. */
export const agentIdOf = (agent: object): string | undefined =>
  textAt(agent, 'agentId') ?? textAt(agent, 'agent_id') ?? textAt(agent, 'id');
