import { boundedJson } from '../framework/content.js';
import { firstNumber, firstText, listOf, numberOf, present, recordOf, textOf } from '../framework/fields.js';
import type { UsageFacts } from '../framework/gen-ai.js';
import { requestFields, responseFields } from '../framework/gen-ai.js';
import type { CompiledOptions } from '../framework/options.js';
import { generationMessages, inputMessages, responseMessages, systemInstructions } from './content.js';

type Fields = Readonly<Record<string, unknown>>;

/** Tokens, whichever of OpenAI's spellings they come in. */
export const usageOf = (usage: unknown): UsageFacts | undefined => {
  const fields = recordOf(usage);
  const input = recordOf(fields.input_tokens_details ?? fields.prompt_tokens_details ?? fields.details);
  const output = recordOf(fields.output_tokens_details ?? fields.completion_tokens_details ?? fields.details);
  const facts = {
    input: firstNumber(fields.input_tokens, fields.prompt_tokens),
    output: firstNumber(fields.output_tokens, fields.completion_tokens),
    cacheRead: firstNumber(input.cached_tokens, fields.cached_input_tokens),
    cacheWrite: firstNumber(input.cache_write_tokens, fields.cache_write_input_tokens),
    reasoning: numberOf(output.reasoning_tokens),
  };
  return facts.input === undefined && facts.output === undefined ? undefined : facts;
};

/** `provider:model`, as the SDK's bridge to other providers writes it; else it is OpenAI's. */
const askedOf = (
  model: string | undefined,
): { readonly provider: string; readonly model: string | undefined } => {
  const [, provider, rest] = /^([a-z][\w.-]*):(.+)$/.exec(model ?? '') ?? [];
  // A fine-tuned model of OpenAI's begins with `ft:`.
  return provider === undefined || provider === 'ft'
    ? { provider: 'openai', model }
    : { provider, model: rest };
};

/** What is known when a generation begins. */
export const generationRequest = (data: Fields): Fields => {
  const config = recordOf(data.model_config);
  return requestFields({
    ...askedOf(textOf(data.model)),
    temperature: numberOf(config.temperature),
    topP: numberOf(config.top_p),
    frequencyPenalty: numberOf(config.frequency_penalty),
    presencePenalty: numberOf(config.presence_penalty),
    maxTokens: numberOf(config.max_tokens),
    reasoningLevel: textOf(config.reasoning_effort),
  });
};

const finishReasonsOf = (answer: Fields): readonly string[] | undefined => {
  const reasons = listOf(answer.choices)
    .map((choice) => textOf(recordOf(choice).finish_reason))
    .filter((each) => each !== undefined);
  return reasons.length === 0 ? undefined : reasons;
};

/** What is known when it has ended; content only where it is asked for. */
export const generationAnswer = (
  data: Fields,
  { captureContent, maxContentLength }: CompiledOptions,
): Fields => {
  const [first] = listOf(data.output);
  const answer = recordOf(first);
  return present({
    ...generationRequest(data),
    ...responseFields({
      id: textOf(answer.id) === 'FAKE_ID' ? undefined : textOf(answer.id),
      model: textOf(answer.model),
      finishReasons: finishReasonsOf(answer),
      usage: usageOf(data.usage) ?? usageOf(answer.usage),
    }),
    ...(captureContent && {
      'gen_ai.input.messages': data.input && boundedJson(inputMessages(data.input), maxContentLength),
      'gen_ai.output.messages': data.output && boundedJson(generationMessages(data.output), maxContentLength),
    }),
  });
};

/** What the Responses API's answer tells: which model, how it ended. Without the answer (no sensitive data) its id alone. */
export const responseAnswer = (
  data: Fields,
  { captureContent, maxContentLength }: CompiledOptions,
): Fields => {
  const answer = recordOf(data._response);
  const hasAnswer = data._response !== undefined;
  const incomplete = textOf(recordOf(answer.incomplete_details).reason);
  const finishReason = incomplete ?? textOf(answer.status);
  const content = captureContent && {
    'gen_ai.system_instructions': boundedJson(systemInstructions(answer), maxContentLength),
    'gen_ai.input.messages': data._input && boundedJson(inputMessages(data._input), maxContentLength),
    'gen_ai.output.messages':
      hasAnswer && boundedJson(responseMessages(answer.output, finishReason), maxContentLength),
  };
  return present({
    // Which model was asked for is not told, only which one answered.
    model: textOf(answer.model),
    ...requestFields({
      provider: 'openai',
      temperature: numberOf(answer.temperature),
      topP: numberOf(answer.top_p),
      maxTokens: numberOf(answer.max_output_tokens),
      reasoningLevel: textOf(recordOf(answer.reasoning).effort),
    }),
    ...responseFields({
      id: firstText(data.response_id, answer.id),
      model: textOf(answer.model),
      finishReasons: finishReason === undefined ? undefined : [finishReason],
      usage: usageOf(answer.usage),
    }),
    ...(content && present(content)),
  });
};
