import { HookManager } from '../hooks/hook-manager.js';
import { enableObservability, type Observability } from './enable-observability.js';
import { shortId } from './new-ids.js';
import type { ObservabilityOptions } from './observability-options.js';
import { operate } from './operation.js';
import { currentRun, within } from './run.js';
import { speakerOf } from './speakers.js';
import { agentLoop, createTrace, operationOf, runOf, type RunOptions, type Trace } from './trace.js';

/** What an agent may be given. */
export interface BaseAgentOptions {
  /** 1 to 256 characters. Unless told: the class's name and what tells it from others of its class. */
  readonly agentId?: string | undefined;
  /** To share hooks with other agents. Unless told: one of its own. */
  readonly hookManager?: HookManager | undefined;
}

/**
 * An agent to extend: say what it does in `execute`, call `run`. Each run is an agent loop in its traces, once
 * observability is enabled, or hooks are registered with its `hookManager`; until then `run` is `execute`.
 *
 * @throws TypeError from the constructor where `agentId` is no such string.
 */
export abstract class BaseAgent<Input = unknown, Output = unknown> {
  readonly agentId: string;
  readonly hookManager: HookManager;
  /** Wraps functions on this agent's behalf, wherever they are called. */
  readonly trace: Trace;

  constructor({ agentId, hookManager }: BaseAgentOptions = {}) {
    this.agentId = agentId ?? `${this.constructor.name.slice(0, 200) || 'Agent'}-${shortId()}`;
    if (typeof this.agentId !== 'string' || this.agentId === '' || this.agentId.length > 256)
      throw new TypeError('agentId must be a string of 1 to 256 characters');
    this.hookManager = hookManager ?? new HookManager();
    this.trace = createTrace((run) => speakerOf(this, run));
  }

  /** What the agent does with one input. */
  protected abstract execute(input: Input): Output | Promise<Output>;

  /**
   * Executes, as an agent loop: in the run that the options name, else as part of the run that it is called in, else in
   * a run of its own. Answers what `execute` answers, and throws what it throws, the very same.
   */
  async run(input: Input, options: RunOptions = {}): Promise<Output> {
    const here = currentRun();
    const speaker = speakerOf(this, here);
    const body = (): Output | Promise<Output> => this.execute(input);
    const named = runOf(options, speaker);
    if (speaker === undefined) return named === undefined ? body() : within(named, body);
    // A run named by the id that it has already goes on where it is.
    const run =
      named === undefined || (named.traceId === here?.traceId && named.callId === undefined) ? here : named;
    return operate(operationOf({ kind: agentLoop, options: {} }, [input], { speaker, run }), body);
  }

  /** Has this agent's events traced: see {@link enableObservability}. */
  enableObservability(options: ObservabilityOptions = {}): Observability {
    return enableObservability(this, options);
  }
}
