import { describe, expect, it } from '@jest/globals';
import { describeFrameworks } from './testing/frameworks.js';
import { compilerSays } from './testing/type-check.js';

const receiver = '{ receiver: { handle: () => undefined } }';

/** For each adapter the lines of its guide, and a use that its framework's types must refuse. */
const programs = [
  {
    subpath: 'openai-agents',
    fits: `
      import { addTraceProcessor, setTraceProcessors, type TracingProcessor } from '@openai/agents';
      import { openAiAgentsProcessor } from 'ADAPTER';
      const processor: TracingProcessor = openAiAgentsProcessor(${receiver});
      addTraceProcessor(processor);
      setTraceProcessors([openAiAgentsProcessor(${receiver})]);`,
    fails: `
      import { addTraceProcessor } from '@openai/agents';
      import { openAiAgentsProcessor } from 'ADAPTER';
      const { onSpanEnd, ...rest } = openAiAgentsProcessor(${receiver});
      addTraceProcessor(rest);`,
  },
  {
    subpath: 'langchain',
    fits: `
      import type { Callbacks } from '@langchain/core/callbacks/manager';
      import type { CallbackHandlerMethods } from '@langchain/core/callbacks/base';
      import { RunnableLambda } from '@langchain/core/runnables';
      import { langChainHandler } from 'ADAPTER';
      const methods: CallbackHandlerMethods = langChainHandler(${receiver});
      const callbacks: Callbacks = [langChainHandler(${receiver}), methods];
      await RunnableLambda.from((x: number) => x).invoke(1, { callbacks });`,
    fails: `
      import { RunnableLambda } from '@langchain/core/runnables';
      import { langChainHandler } from 'ADAPTER';
      await RunnableLambda.from((x: number) => x).invoke(1, { callbacks: langChainHandler(${receiver}).name });`,
  },
  {
    subpath: 'vercel-ai',
    fits: `
      import { generateText, registerTelemetry, type LanguageModel, type Telemetry } from 'ai';
      import { followVercelAi, vercelAiTelemetry } from 'ADAPTER';
      declare const model: LanguageModel;
      const integration: Telemetry = vercelAiTelemetry(${receiver});
      registerTelemetry(integration);
      await generateText({ model, prompt: 'Go', telemetry: { integrations: [vercelAiTelemetry(${receiver})] } });
      const stop: () => void = followVercelAi(${receiver});
      stop();`,
    fails: `
      import { registerTelemetry } from 'ai';
      import { vercelAiTelemetry } from 'ADAPTER';
      registerTelemetry({ ...vercelAiTelemetry(${receiver}), onStart: (event: { callId: number }) => undefined });`,
  },
];

await describeFrameworks("a real framework's types", (frameworks) => {
  describe.each(programs)('$subpath', ({ subpath, fits, fails }) => {
    it('take our adapter as it is', async () => {
      expect(await compilerSays(frameworks, subpath, fits)).toBe('');
    }, 120_000);

    it('are looked at: a wrong use is refused', async () => {
      expect(await compilerSays(frameworks, subpath, fails)).toMatch(/error TS2/);
    }, 120_000);
  });
});
