/** What is recorded of the Vercel AI SDK, whichever way its telemetry is heard. */
import {
  ToolLoopAgent,
  embedMany,
  generateObject,
  generateText,
  isStepCount,
  rerank,
  streamText,
  tool,
} from 'ai';
import {
  MockEmbeddingModelV4,
  MockLanguageModelV4,
  MockRerankingModelV4,
  simulateReadableStream,
} from 'ai/test';
import { z } from 'zod';
import { after, failing } from './recording.mjs';

globalThis.AI_SDK_LOG_WARNINGS = false;

const usage = {
  inputTokens: { total: 100, noCache: 60, cacheRead: 40, cacheWrite: 0 },
  outputTokens: { total: 10, text: 6, reasoning: 4 },
};

const answer = (content, reason = 'stop') => ({
  content,
  finishReason: { unified: reason, raw: reason },
  usage,
  warnings: [],
  response: { id: 'resp_1', modelId: 'gpt-fixed-2026', timestamp: new Date(0) },
});

const text = (value) => answer([{ type: 'text', text: value }]);

const calls = (...list) =>
  answer(
    list.map(([toolCallId, toolName, input]) => ({
      type: 'tool-call',
      toolCallId,
      toolName,
      input: JSON.stringify(input),
    })),
    'tool-calls',
  );

const model = (...answers) =>
  new MockLanguageModelV4({
    provider: 'openai.responses',
    modelId: 'gpt-fixed',
    doGenerate: async () => {
      const next = answers.shift();
      if (next instanceof Error) throw next;
      return next;
    },
  });

const search = tool({
  description: 'Searches',
  inputSchema: z.object({ query: z.string(), step: z.number() }),
  execute: async ({ query, step }) => {
    await after(step);
    return `found ${query}`;
  },
});

const broken = tool({
  description: 'Writes a file',
  inputSchema: z.object({}),
  execute: async () => {
    await after(3);
    throw new TypeError('disk full');
  },
});

/** Tools side by side, one of them failing, and an agent within a tool. */
const agents = async () => {
  const helper = new ToolLoopAgent({ model: model(text('Helped.')), telemetry: { functionId: 'helper' } });
  const askHelper = tool({
    description: 'Asks',
    inputSchema: z.object({}),
    execute: async () => (await helper.generate({ prompt: 'Help' })).text,
  });
  await generateText({
    model: model(
      calls(
        ['call_1', 'search', { query: 'a', step: 2 }],
        ['call_2', 'search', { query: 'b', step: 1 }],
        ['call_3', 'write_file', {}],
      ),
      calls(['call_4', 'ask_helper', {}]),
      text('Done.'),
    ),
    tools: { search, write_file: broken, ask_helper: askHelper },
    instructions: 'Find out.',
    prompt: 'Find a and b',
    temperature: 0.3,
    maxOutputTokens: 50,
    stopWhen: isStepCount(5),
    telemetry: { functionId: 'researcher' },
  });
};

const streamOf = (chunks) =>
  new MockLanguageModelV4({
    provider: 'anthropic.messages',
    modelId: 'claude-fixed',
    doStream: async () => ({
      stream: simulateReadableStream({
        chunkDelayInMs: 10,
        chunks: [
          { type: 'stream-start', warnings: [] },
          { type: 'response-metadata', id: 'resp_2', modelId: 'claude-fixed-2026', timestamp: new Date(0) },
          { type: 'text-start', id: '1' },
          ...chunks.map((delta) => ({ type: 'text-delta', id: '1', delta })),
          { type: 'text-end', id: '1' },
          { type: 'finish', finishReason: { unified: 'stop', raw: 'end_turn' }, usage },
        ],
      }),
    }),
  });

const streaming = async () => {
  const { textStream } = streamText({ model: streamOf(['Hel', 'lo']), prompt: 'Go' });
  for await (const part of textStream) void part;
  await after(1);
};

/** A stream that is aborted half way leaves nothing open. */
const abortedStream = async () => {
  const controller = new AbortController();
  const { textStream } = streamText({
    model: streamOf(['Hel', 'lo', ' there']),
    prompt: 'Go',
    abortSignal: controller.signal,
    telemetry: { functionId: 'aborted' },
  });
  for await (const part of textStream) {
    void part;
    controller.abort();
  }
  await after(2);
};

const modelDown = () =>
  failing(() =>
    generateText({
      model: model(new Error('overloaded')),
      prompt: 'Go',
      maxRetries: 0,
      telemetry: { functionId: 'unlucky' },
    }),
  );

const structured = () =>
  generateObject({
    model: model(text('{"a":1}')),
    schema: z.object({ a: z.number() }),
    prompt: 'Go',
    telemetry: { functionId: 'structured' },
  });

const retrieval = async () => {
  await embedMany({
    model: new MockEmbeddingModelV4({
      provider: 'openai.embedding',
      modelId: 'embed-fixed',
      maxEmbeddingsPerCall: 1,
      doEmbed: async () => ({ embeddings: [[1, 2]], usage: { tokens: 5 }, warnings: [] }),
    }),
    values: ['a', 'b'],
    maxParallelCalls: 1,
  });
  await rerank({
    model: new MockRerankingModelV4({
      provider: 'cohere.reranking',
      modelId: 'rerank-fixed',
      doRerank: async () => ({ ranking: [{ index: 0, relevanceScore: 0.9 }], warnings: [] }),
    }),
    documents: ['a', 'b'],
    query: 'a?',
    topN: 1,
  });
};

export const scenes = [agents, streaming, abortedStream, modelDown, structured, retrieval];
