import type { HookManager } from '../hooks/hook-manager.js';
import { problemTeller, type TellProblem } from '../tracing/problems.js';
import { processWide } from './process-wide.js';
import type { Run, Speaker } from './run.js';
import { toBoth } from './tell.js';

/** Agents that somebody listens to. */
interface Speakers {
  readonly byAgent: WeakMap<object, Speaker>;
  /** Speaks for code that runs under no agent: the one enabled first, until it is shut down. */
  fallback: Speaker | undefined;
}

let opened: Speakers | undefined;

const speakers = (): Speakers =>
  (opened ??= processWide('speakers', () => ({
    byAgent: new WeakMap<object, Speaker>(),
    fallback: undefined,
  })));

const tellProblem: TellProblem = problemTeller();

/** From now on `speaker` speaks for the agent, and for code under no agent where nobody else does. */
export const enlist = (agent: object, speaker: Speaker): void => {
  const all = speakers();
  all.byAgent.set(agent, speaker);
  all.fallback ??= speaker;
};

/** Undoes {@link enlist}. */
export const dismiss = (agent: object): void => {
  const all = speakers();
  const speaker = all.byAgent.get(agent);
  if (all.fallback === speaker) all.fallback = undefined;
  all.byAgent.delete(agent);
};

/** Who speaks for code that is bound to no agent: the agent that it runs under, else the one enabled first. */
export const anySpeaker = (run: Run | undefined): Speaker | undefined => run?.speaker ?? speakers().fallback;

/** What is known of an agent before it is enabled. */
export interface UnheardAgent {
  readonly agentId: string;
  readonly hookManager: HookManager;
}

/**
 * Who speaks for an agent. Where it was not enabled itself, its own hooks are told, and whoever listens to the run that
 * it works in, so that a sub-agent shows in its caller's trace.
 */
export const speakerOf = (agent: UnheardAgent, run: Run | undefined): Speaker | undefined => {
  const own = speakers().byAgent.get(agent);
  if (own !== undefined) return own;
  const { agentId, hookManager } = agent;
  const caller = run?.speaker;
  if (caller === undefined)
    return hookManager.isEmpty
      ? undefined
      : { receiver: hookManager, agentId, serviceName: undefined, tellProblem };
  const told = caller.told ?? [caller.receiver];
  if (hookManager.isEmpty || told.includes(hookManager)) return { ...caller, agentId };
  return {
    ...caller,
    agentId,
    receiver: toBoth(hookManager, caller.receiver),
    told: [...told, hookManager],
  };
};
