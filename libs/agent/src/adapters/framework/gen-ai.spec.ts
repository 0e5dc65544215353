import { describe, expect, it } from '@jest/globals';
import { providerName, requestFields, usageFields } from './gen-ai.js';

describe('the name of a provider', () => {
  it.each([
    ['openai', 'openai'],
    ['openai.responses', 'openai'],
    ['openai-compatible.chat', 'openai-compatible.chat'],
    ['azure', 'azure.ai.openai'],
    ['azure-openai.chat', 'azure.ai.openai'],
    ['azure_ai_inference', 'azure.ai.inference'],
    ['anthropic.messages', 'anthropic'],
    ['google.generative-ai', 'gcp.gemini'],
    ['google_genai', 'gcp.gemini'],
    ['google_vertexai', 'gcp.vertex_ai'],
    ['google.vertex.chat', 'gcp.vertex_ai'],
    ['google', 'gcp.gen_ai'],
    ['amazon-bedrock', 'aws.bedrock'],
    ['amazon_bedrock', 'aws.bedrock'],
    ['mistral.chat', 'mistral_ai'],
    ['mistralai', 'mistral_ai'],
    ['cohere.reranking', 'cohere'],
    ['deepseek.chat', 'deepseek'],
    ['groq.chat', 'groq'],
    ['perplexity', 'perplexity'],
    ['xai.responses', 'x_ai'],
    ['moonshotai.chat', 'moonshot_ai'],
    ['ibm', 'ibm.watsonx.ai'],
    ['ollama', 'ollama'],
  ])('that frameworks write %s is %s in the registry', (written, name) => {
    expect(providerName(written)).toBe(name);
  });
});

describe('the fields of a model call', () => {
  it('say only what is known', () => {
    expect(requestFields({ model: 'm', provider: 'openai.chat', choiceCount: 1 })).toEqual({
      model: 'm',
      provider: 'openai',
      'gen_ai.request.model': 'm',
      'gen_ai.provider.name': 'openai',
    });
  });

  it('count what came from a cache as part of the input, and beside it', () => {
    expect(usageFields({ input: 100, output: 10, cacheRead: 40, cacheWrite: 0, reasoning: 4 })).toEqual({
      input_tokens: 100,
      output_tokens: 10,
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 10,
      'gen_ai.usage.cache_read.input_tokens': 40,
      'gen_ai.usage.reasoning.output_tokens': 4,
    });
  });
});
