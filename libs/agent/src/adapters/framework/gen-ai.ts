import { present } from './fields.js';

/** How a model was asked. Whatever is not known is undefined. */
export interface RequestFacts {
  readonly model?: string | undefined;
  readonly provider?: string | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly seed?: number | undefined;
  readonly choiceCount?: number | undefined;
  readonly stopSequences?: readonly string[] | undefined;
  readonly stream?: boolean | undefined;
  readonly reasoningLevel?: string | undefined;
}

/** Tokens; `input` with those that came from a cache or went into one, `output` with those of reasoning. */
export interface UsageFacts {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly reasoning?: number | undefined;
}

/** What a model answered. */
export interface ResponseFacts {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly finishReasons?: readonly string[] | undefined;
  readonly secondsToFirstChunk?: number | undefined;
  readonly usage?: UsageFacts | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const providers: readonly (readonly [RegExp, string])[] = [
  [/azure[-_.]?ai[-_.]inference/, 'azure.ai.inference'],
  [/azure/, 'azure.ai.openai'],
  [/vertex/, 'gcp.vertex_ai'],
  [/google.*gen|gemini/, 'gcp.gemini'],
  [/google|^gcp/, 'gcp.gen_ai'],
  [/bedrock/, 'aws.bedrock'],
  [/^anthropic/, 'anthropic'],
  [/^openai(?!-compatible)/, 'openai'],
  [/^mistral/, 'mistral_ai'],
  [/^cohere/, 'cohere'],
  [/^deepseek/, 'deepseek'],
  [/^groq/, 'groq'],
  [/^perplexity/, 'perplexity'],
  [/^(xai|x_ai)/, 'x_ai'],
  [/^moonshot/, 'moonshot_ai'],
  [/watsonx|^ibm/, 'ibm.watsonx.ai'],
];

/** The registry's name of a provider as a framework writes it, such as `openai.responses`; an unknown one stays. */
export const providerName = (written: string | undefined): string | undefined => {
  if (written === undefined) return undefined;
  const lower = written.toLowerCase();
  return providers.find(([pattern]) => pattern.test(lower))?.[1] ?? written;
};

/** A request in Kaizen's words and in those of the GenAI conventions. */
export const requestFields = (facts: RequestFacts): Fields =>
  present({
    model: facts.model,
    provider: providerName(facts.provider),
    'gen_ai.request.model': facts.model,
    'gen_ai.provider.name': providerName(facts.provider),
    'gen_ai.request.temperature': facts.temperature,
    'gen_ai.request.top_p': facts.topP,
    'gen_ai.request.top_k': facts.topK,
    'gen_ai.request.max_tokens': facts.maxTokens,
    'gen_ai.request.frequency_penalty': facts.frequencyPenalty,
    'gen_ai.request.presence_penalty': facts.presencePenalty,
    'gen_ai.request.seed': facts.seed,
    'gen_ai.request.choice.count': facts.choiceCount === 1 ? undefined : facts.choiceCount,
    'gen_ai.request.stop_sequences': facts.stopSequences,
    'gen_ai.request.stream': facts.stream,
    'gen_ai.request.reasoning.level': facts.reasoningLevel,
  });

/** Tokens in Kaizen's words. */
export const tokenFields = ({ input, output }: UsageFacts): Fields =>
  present({ input_tokens: input, output_tokens: output });

/** Tokens in Kaizen's words and in those of the GenAI conventions. A detail of 0 is left out. */
export const usageFields = (usage: UsageFacts): Fields =>
  present({
    ...tokenFields(usage),
    'gen_ai.usage.input_tokens': usage.input,
    'gen_ai.usage.output_tokens': usage.output,
    'gen_ai.usage.cache_read.input_tokens': usage.cacheRead === 0 ? undefined : usage.cacheRead,
    'gen_ai.usage.cache_write.input_tokens': usage.cacheWrite === 0 ? undefined : usage.cacheWrite,
    'gen_ai.usage.reasoning.output_tokens': usage.reasoning === 0 ? undefined : usage.reasoning,
  });

/** An answer in Kaizen's words and in those of the GenAI conventions. */
export const responseFields = (facts: ResponseFacts): Fields =>
  present({
    'gen_ai.response.id': facts.id,
    'gen_ai.response.model': facts.model,
    'gen_ai.response.finish_reasons': facts.finishReasons,
    'gen_ai.response.time_to_first_chunk': facts.secondsToFirstChunk,
    ...usageFields(facts.usage ?? {}),
  });
