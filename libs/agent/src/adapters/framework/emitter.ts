import type { HookContextInit } from '../../hooks/hook-context.js';
import { HookResult } from '../../hooks/hook-result.js';
import { isThenable } from '../../is-thenable.js';
import { problemTeller } from '../../tracing/problems.js';
import type { CompiledOptions } from './options.js';

/** Hands events to the receiver and keeps whatever goes wrong away from the framework. */
export interface Emitter {
  /** Never throws, and does not wait for what the receiver does. */
  readonly emit: (event: HookContextInit) => void;
  /** Runs `work` at once; what it throws is told as a problem. */
  readonly safely: (what: string, work: () => void) => void;
}

/** The class of what was thrown: its text may hold what must not be told. */
const classOf = (thrown: unknown): string => HookResult.failed(thrown).errorType ?? typeof thrown;

/** Makes an emitter for one adapter, by whose name its problems are told. */
export const createEmitter = (adapter: string, { receiver, onProblem }: CompiledOptions): Emitter => {
  const tellProblem = problemTeller(onProblem);
  const tell = (what: string, thrown: unknown): void =>
    tellProblem(what, `${adapter}: ${what} failed with ${classOf(thrown)}; the agent goes on untraced there`);
  const safely = (what: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      tell(what, error);
    }
  };
  return {
    safely,
    emit: (event) =>
      safely('handing on an event', () => {
        const answer = receiver.handle(event);
        if (isThenable(answer)) answer.then(undefined, (error: unknown) => tell('handling an event', error));
      }),
  };
};
