import { firstText, listOf, recordOf, textOf } from '../framework/fields.js';
import { classNameOf } from './model-calls.js';
import type { ChainStart } from './types.js';

/** A chain's start, read. */
export interface ChainFacts {
  readonly runId: string;
  readonly parentRunId: string | undefined;
  readonly tags: readonly unknown[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly name: string;
  /** Whether it is an agent: a compiled graph or an executor. */
  readonly isAgent: boolean;
  /** Whether the framework marks it as one that nobody wants to see. */
  readonly isHidden: boolean;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const agents = new Set(['CompiledStateGraph', 'CompiledGraph', 'Pregel', 'RemoteGraph', 'AgentExecutor']);

/**
 * Reads a chain's start. Releases call with (chain, inputs, runId, parentRunId, tags, metadata, runType, runName), while
 * the types of some say (chain, inputs, runId, runType, tags, metadata, runName, parentRunId): a run's id tells which.
 */
export const chainStartOf = (start: ChainStart, isRun: (id: string) => boolean): ChainFacts => {
  const [chain, , runId, fourth, tags, given, seventh, eighth] = start;
  const isId = (value: unknown): value is string =>
    typeof value === 'string' && (uuid.test(value) || isRun(value));
  const parentIsLast = !isId(fourth) && isId(eighth);
  const runName = parentIsLast ? textOf(seventh) : firstText(eighth, seventh);
  const metadata = recordOf(given);
  const className = classNameOf(chain);
  const tagList = listOf(tags);
  return {
    runId,
    parentRunId: isId(fourth) ? fourth : parentIsLast ? eighth : undefined,
    tags: tagList,
    metadata,
    name: runName ?? className ?? 'chain',
    isAgent: className !== undefined && agents.has(className),
    isHidden: tagList.includes('langsmith:hidden'),
  };
};

/** Which conversation it belongs to, as applications name it in a run's metadata. */
export const conversationOf = (metadata: Readonly<Record<string, unknown>>): string | undefined =>
  firstText(metadata.thread_id, metadata.session_id, metadata.conversation_id);

const controlFlow = new Set(['GraphInterrupt', 'NodeInterrupt', 'GraphBubbleUp', 'ParentCommand']);

/** Whether what was thrown is LangGraph's way to pause or to go on elsewhere, and no failure. */
export const isControlFlow = (thrown: unknown): boolean =>
  controlFlow.has(textOf(recordOf(thrown).name) ?? '');
