import { recordOf, textOf } from '../framework/fields.js';
import type { AdapterOptions } from '../framework/options.js';
import { Runs } from './runs.js';
import type { LangChainHandler, RunEvent } from './types.js';

/** What the handler says of itself: it answers at once, so being waited for keeps its callbacks in order. */
const traits = {
  name: 'kaizen-trace',
  awaitHandlers: true,
  raiseError: false,
  ignoreLLM: false,
  ignoreChain: false,
  ignoreAgent: false,
  ignoreRetriever: false,
  ignoreCustomEvent: false,
} as const;

type Ends = Pick<
  LangChainHandler,
  'handleLLMError' | 'handleChainError' | 'handleToolError' | 'handleRetrieverError' | 'handleChainEnd'
>;

const endsOf = (runs: Runs, safely: (work: () => void) => void): Ends => {
  const failed = (...[thrown, runId]: RunEvent<unknown>): void => safely(() => runs.fail(thrown, runId));
  return {
    handleLLMError: failed,
    handleChainError: failed,
    handleToolError: failed,
    handleRetrieverError: failed,
    handleChainEnd: (_, runId) => safely(() => runs.endChain(runId)),
  };
};

/**
 * A callback handler for LangChain.js and LangGraph.js: `callbacks: [langChainHandler({ receiver })]`. It never throws and
 * returns at once.
 *
 * @throws TypeError where an option is wrong.
 */
export const langChainHandler = (options: AdapterOptions): LangChainHandler => {
  const runs = new Runs(options);
  const safely = (work: () => void): void => runs.emitter.safely('following a run', work);
  return {
    ...traits,
    ...endsOf(runs, safely),
    handleLLMStart: (...start) => safely(() => runs.beginModel('text_completion', start)),
    handleChatModelStart: (...start) => safely(() => runs.beginModel('chat', start)),
    handleLLMNewToken: (_token, _index, runId) => safely(() => runs.noteToken(runId)),
    handleChatModelStreamEvent: (_, runId) => safely(() => runs.noteToken(runId)),
    handleLLMEnd: (output, runId) => safely(() => runs.endModel(output, runId)),
    handleChainStart: (...start) => safely(() => runs.beginChain(start)),
    handleToolStart: (...start) => safely(() => runs.beginTool(start)),
    handleToolEnd: (output, runId) => safely(() => runs.endTool(output, runId)),
    handleRetrieverStart: (...start) => safely(() => runs.beginRetriever(start)),
    handleRetrieverEnd: (documents, runId) => safely(() => runs.endRetriever(documents, runId)),
    handleAgentAction: (action, runId) =>
      safely(() =>
        runs.happen('agent_action', runId, { data: { tool_name: textOf(recordOf(action).tool) } }),
      ),
    handleAgentEnd: (finish, runId) =>
      safely(() => runs.happen('agent_finish', runId, { data: runs.content(recordOf(finish).returnValues) })),
    handleCustomEvent: (name, data, runId) =>
      safely(() => runs.happen('custom_event', runId, { data: { name, ...runs.content(data) } })),
  };
};
