/**
 * An agent of the Vercel AI SDK with the lines of the guide, its events going to the gateway:
 * `node run-into-pipeline.mjs URL_OF_THE_SDK URL_OF_THE_ADAPTER`, KAIZEN_GATEWAY_URL in the environment.
 */
import { generateText, isStepCount, registerTelemetry, tool } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { z } from 'zod';

const [, , sdk, adapter] = process.argv;
const { HookManager, enableObservability } = await import(sdk);
const { vercelAiTelemetry } = await import(adapter);

const hookManager = new HookManager();
const observability = enableObservability({ hookManager }, { serviceName: 'research', transport: 'http' });
registerTelemetry(vercelAiTelemetry({ receiver: hookManager }));

const usage = { inputTokens: { total: 9 }, outputTokens: { total: 4 } };
const answer = (content, unified) => ({
  content,
  finishReason: { unified, raw: unified },
  usage,
  warnings: [],
  response: { id: 'resp_1', modelId: 'gpt-fixed-2026', timestamp: new Date(0) },
});

await generateText({
  model: new MockLanguageModelV4({
    provider: 'openai.responses',
    modelId: 'gpt-fixed',
    doGenerate: [
      answer([{ type: 'tool-call', toolCallId: 'call_1', toolName: 'search', input: '{}' }], 'tool-calls'),
      answer([{ type: 'text', text: 'Done.' }], 'stop'),
    ],
  }),
  tools: { search: tool({ inputSchema: z.object({}), execute: async () => 'found it' }) },
  prompt: 'Go',
  stopWhen: isStepCount(3),
  telemetry: { functionId: 'researcher' },
});

if (!(await observability.shutdown())) throw new Error('not everything arrived');
