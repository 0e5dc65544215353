import { numberOf, present, recordOf } from '../framework/fields.js';

/**
 * Tokens as the conventions count them: what was read from and written to the cache is part of the input, which the
 * provider's own number leaves out.
 */
export const usageOf = (usage: unknown, isFinal: boolean): Readonly<Record<string, unknown>> => {
  const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } =
    recordOf(usage);
  const input = numberOf(input_tokens);
  const read = numberOf(cache_read_input_tokens);
  const written = numberOf(cache_creation_input_tokens);
  return present({
    input_tokens: input === undefined ? undefined : input + (read ?? 0) + (written ?? 0),
    // What has come of a message says how much of it there was at its beginning.
    output_tokens: isFinal ? numberOf(output_tokens) : undefined,
    'gen_ai.usage.cache_read.input_tokens': read,
    'gen_ai.usage.cache_write.input_tokens': written,
  });
};

/** Sums over all models that a run used, which its result has by model. */
export const totalUsageOf = (modelUsage: unknown): Readonly<Record<string, unknown>> => {
  const models = Object.values(recordOf(modelUsage)).map(recordOf);
  const sum = (name: string): number =>
    models.reduce((total, model) => total + (numberOf(model[name]) ?? 0), 0);
  if (models.length === 0) return {};
  const read = sum('cacheReadInputTokens');
  const written = sum('cacheCreationInputTokens');
  return {
    'gen_ai.usage.input_tokens': sum('inputTokens') + read + written,
    'gen_ai.usage.output_tokens': sum('outputTokens'),
    'gen_ai.usage.cache_read.input_tokens': read,
    'gen_ai.usage.cache_write.input_tokens': written,
  };
};
