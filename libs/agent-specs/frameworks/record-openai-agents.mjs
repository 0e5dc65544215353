/** Records the OpenAI Agents SDK with its own models over a client whose answers are fixed. */
import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  Runner,
  getGlobalTraceProvider,
  setTraceProcessors,
  tool,
  withCustomSpan,
  withTrace,
} from '@openai/agents';
import { OpenAI } from 'openai';
import { z } from 'zod';
import { adapter, after, failing, options } from './recording.mjs';

setTraceProcessors([adapter.openAiAgentsProcessor(options)]);

const json = (body, status = 200) =>
  new globalThis.Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

const events = (list) =>
  new globalThis.Response(
    list.map((each) => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`).join(''),
    {
      headers: { 'content-type': 'text/event-stream' },
    },
  );

/** A client that gives these answers, one for each request. */
const clientOf = (...answers) =>
  new OpenAI({ apiKey: 'none', maxRetries: 0, fetch: async () => answers.shift() ?? json({}, 500) });

const usage = {
  prompt_tokens: 120,
  completion_tokens: 30,
  total_tokens: 150,
  prompt_tokens_details: { cached_tokens: 64 },
  completion_tokens_details: { reasoning_tokens: 12 },
};

const completion = (message, finishReason = 'stop') =>
  json({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 0,
    model: 'gpt-4.1-mini-2025-04-14',
    choices: [
      { index: 0, finish_reason: finishReason, message: { role: 'assistant', content: null, ...message } },
    ],
    usage,
  });

const called = (id, name, args) => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(args) },
});

const chat = (...answers) => new OpenAIChatCompletionsModel(clientOf(...answers), 'gpt-4.1-mini');

const response = (text) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 0,
  status: 'completed',
  model: 'gpt-4.1-2025-04-14',
  temperature: 1,
  top_p: 1,
  output: [
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text, annotations: [] }],
    },
  ],
  usage: {
    input_tokens: 80,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 100,
  },
});

const responses = (...answers) => new OpenAIResponsesModel(clientOf(...answers), 'gpt-4.1');

const search = tool({
  name: 'search',
  description: 'Searches',
  parameters: z.object({ query: z.string(), step: z.number() }),
  execute: async ({ query, step }) => {
    await after(step);
    return `found ${query}`;
  },
});

const broken = tool({
  name: 'write_file',
  description: 'Writes a file',
  parameters: z.object({}),
  execute: async () => {
    await after(3);
    throw new TypeError('disk full');
  },
});

const length = { name: 'length', execute: async () => ({ tripwireTriggered: false, outputInfo: {} }) };
const never = { name: 'never', execute: async () => ({ tripwireTriggered: true, outputInfo: {} }) };

/** Tools side by side, one of them failing; a guardrail; a handoff to an agent on the Responses API. */
const handingOff = async () => {
  const writer = new Agent({ name: 'Writer', model: responses(json(response('Written.'))) });
  const triage = new Agent({
    name: 'Triage',
    instructions: 'Find out, then hand over.',
    tools: [search, broken],
    handoffs: [writer],
    inputGuardrails: [length],
    modelSettings: { temperature: 0.2, topP: 0.9 },
    model: chat(
      completion(
        {
          tool_calls: [
            called('call_1', 'search', { query: 'a', step: 2 }),
            called('call_2', 'search', { query: 'b', step: 1 }),
            called('call_3', 'write_file', {}),
          ],
        },
        'tool_calls',
      ),
      completion({ tool_calls: [called('call_4', 'transfer_to_Writer', {})] }, 'tool_calls'),
    ),
  });
  await new Runner({
    workflowName: 'Support',
    groupId: 'conversation-1',
    traceMetadata: { tenant: 'blue' },
  }).run(triage, 'Write about a and b');
};

const streamed = () => {
  const whole = response('Streamed.');
  return events([
    {
      type: 'response.created',
      sequence_number: 0,
      response: { ...whole, status: 'in_progress', output: [] },
    },
    {
      type: 'response.output_text.delta',
      sequence_number: 1,
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      delta: 'Streamed.',
    },
    { type: 'response.completed', sequence_number: 2, response: whole },
  ]);
};

/** Two runs in one trace of the application's own: one with a step of its own and an agent as a tool, one streaming. */
const inOneTrace = async () => {
  const helper = new Agent({ name: 'Helper', model: chat(completion({ content: 'Helped.' })) });
  const main = new Agent({
    name: 'Main',
    tools: [helper.asTool({ toolName: 'ask_helper', toolDescription: 'Asks' })],
    model: chat(
      completion({ tool_calls: [called('call_5', 'ask_helper', { input: 'Help' })] }, 'tool_calls'),
      completion({ content: 'Done.' }),
    ),
  });
  const streaming = new Agent({ name: 'Streaming', model: responses(streamed()) });
  const runner = new Runner();
  await withTrace('Two runs', async () => {
    await withCustomSpan(async () => after(1), { data: { name: 'prepare', data: { rows: 3 } } });
    await runner.run(main, 'Go');
    const result = await runner.run(streaming, 'Go', { stream: true });
    for await (const event of result) void event;
    await result.completed;
  });
};

const refused = () =>
  new Runner({ workflowName: 'Refused' }).run(
    new Agent({ name: 'Guarded', inputGuardrails: [never], model: chat(completion({ content: 'Never.' })) }),
    'Go',
  );

const modelDown = () =>
  new Runner({ workflowName: 'Model down' }).run(new Agent({ name: 'Unlucky', model: chat() }), 'Go');

await handingOff();
await inOneTrace();
for (const run of [refused, modelDown]) {
  await failing(run);
  // The SDK leaves the trace of a failed run open: it is told to have ended when nothing follows, or at a flush.
  await getGlobalTraceProvider().forceFlush();
}
