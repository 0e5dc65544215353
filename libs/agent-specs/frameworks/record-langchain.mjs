/** Records LangChain.js and LangGraph.js with a chat model whose answers are fixed. */
import { dispatchCustomEvent } from '@langchain/core/callbacks/dispatch';
import { Document } from '@langchain/core/documents';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage } from '@langchain/core/messages';
import { BaseRetriever } from '@langchain/core/retrievers';
import { RunnableLambda, RunnableParallel } from '@langchain/core/runnables';
import { FakeListChatModel, FakeLLM } from '@langchain/core/utils/testing';
import { Annotation, END, MemorySaver, START, StateGraph, interrupt } from '@langchain/langgraph';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';
import { adapter, after, failing, options } from './recording.mjs';

const handler = adapter.langChainHandler(options);
const callbacks = [handler];

const usage = {
  input_tokens: 100,
  output_tokens: 10,
  total_tokens: 110,
  input_token_details: { cache_read: 40, cache_creation: 5 },
  output_token_details: { reasoning: 4 },
};

/** A chat model that gives these answers, or throws them. */
class FixedModel extends BaseChatModel {
  constructor(...answers) {
    super({});
    this.answers = answers;
  }
  _llmType() {
    return 'fixed';
  }
  bindTools() {
    return this;
  }
  getLsParams() {
    return {
      ls_provider: 'anthropic',
      ls_model_name: 'claude-fixed',
      ls_model_type: 'chat',
      ls_max_tokens: 1024,
    };
  }
  invocationParams() {
    return { model: 'claude-fixed', temperature: 0.2, top_p: 0.9 };
  }
  async _generate() {
    const message = this.answers.shift();
    if (message instanceof Error) throw message;
    return { generations: [{ text: message.text, message }] };
  }
}

const answer = (content, calls = []) =>
  new AIMessage({
    content,
    tool_calls: calls,
    usage_metadata: usage,
    response_metadata: {
      id: 'msg_1',
      model_name: 'claude-fixed-20261101',
      stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn',
    },
  });

const search = tool(
  async ({ query, step }) => {
    await after(step);
    await dispatchCustomEvent('searched', { query });
    return `found ${query}`;
  },
  { name: 'search', description: 'Searches', schema: z.object({ query: z.string(), step: z.number() }) },
);

const broken = tool(
  async () => {
    await after(3);
    throw new TypeError('disk full');
  },
  { name: 'write_file', description: 'Writes a file', schema: z.object({}) },
);

/** An agent with tools side by side, one failing, and an agent within a tool. */
const agents = async () => {
  const helper = createAgent({ name: 'Helper', model: new FixedModel(answer('Helped.')), tools: [] });
  const askHelper = tool(
    async (input, config) => {
      const { messages } = await helper.invoke({ messages: [{ role: 'user', content: 'Help' }] }, config);
      return messages.at(-1).text;
    },
    { name: 'ask_helper', description: 'Asks', schema: z.object({}) },
  );
  const agent = createAgent({
    name: 'Researcher',
    tools: [search, broken, askHelper],
    model: new FixedModel(
      answer('', [
        { id: 'call_1', name: 'search', args: { query: 'a', step: 2 } },
        { id: 'call_2', name: 'search', args: { query: 'b', step: 1 } },
        { id: 'call_3', name: 'write_file', args: {} },
      ]),
      answer('', [{ id: 'call_4', name: 'ask_helper', args: {} }]),
      answer('Done.'),
    ),
  });
  await agent.invoke(
    { messages: [{ role: 'user', content: 'Find a and b' }] },
    { callbacks, configurable: { thread_id: 'thread-1' } },
  );
};

class FixedRetriever extends BaseRetriever {
  lc_namespace = ['recording'];
  async _getRelevantDocuments() {
    await after(1);
    return [
      new Document({ id: 'doc_1', pageContent: 'The answer.' }),
      new Document({ id: 'doc_2', pageContent: 'Or not.' }),
    ];
  }
}

/** A chain with parallel branches, retrieval and a model that streams. */
const retrieval = async () => {
  const both = RunnableParallel.from({
    documents: new FixedRetriever(),
    question: RunnableLambda.from(async (question) => question).withConfig({ runName: 'keep' }),
  });
  const prompt = RunnableLambda.from(({ question }) => question).withConfig({ runName: 'prompt' });
  const chain = both.pipe(prompt).pipe(new FakeListChatModel({ responses: ['Yes.'] }));
  for await (const part of await chain.stream('Is it?', { callbacks, runName: 'rag' })) void part;
};

/** A graph of nodes side by side, one of which waits for a human. */
const graph = async () => {
  const state = Annotation.Root({ seen: Annotation({ reducer: (a, b) => [...a, ...b], default: () => [] }) });
  const compiled = new StateGraph(state)
    .addNode('left', async () => {
      await after(1);
      return { seen: ['left'] };
    })
    .addNode('right', async () => {
      await after(2);
      return { seen: ['right'] };
    })
    .addNode('ask', () => ({ seen: [interrupt('May I?')] }))
    .addEdge(START, 'left')
    .addEdge(START, 'right')
    .addEdge(['left', 'right'], 'ask')
    .addEdge('ask', END)
    .compile({ checkpointer: new MemorySaver(), name: 'Approval' });
  await compiled.invoke({ seen: [] }, { callbacks, configurable: { thread_id: 'thread-2' } });
};

const modelDown = () => new FixedModel(new Error('overloaded')).invoke('Go', { callbacks });

const completion = () => new FakeLLM({ response: 'Completed.' }).invoke('Go', { callbacks });

await agents();
await retrieval();
await graph();
await failing(modelDown);
await completion();
