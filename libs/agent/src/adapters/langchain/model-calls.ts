import type { MessagePart } from '../framework/content.js';
import { boundedJson, message, parsedIfJson, part } from '../framework/content.js';
import { firstNumber, firstText, listOf, numberOf, present, recordOf, textsOf } from '../framework/fields.js';
import type { RequestFacts, UsageFacts } from '../framework/gen-ai.js';
import { requestFields, responseFields } from '../framework/gen-ai.js';
import type { CompiledOptions } from '../framework/options.js';

type Fields = Readonly<Record<string, unknown>>;

/** The last part of a serialized thing's id: the name of its class. */
export const classNameOf = (serialized: unknown): string | undefined => {
  const { id, name } = recordOf(serialized);
  return firstText(listOf(id).at(-1), name);
};

const samplingOf = (params: Fields, metadata: Fields): RequestFacts => ({
  temperature: firstNumber(params.temperature, metadata.ls_temperature),
  topP: firstNumber(params.top_p, params.topP),
  topK: firstNumber(params.top_k, params.topK),
  maxTokens: firstNumber(
    params.max_tokens,
    params.max_completion_tokens,
    params.max_output_tokens,
    params.maxTokens,
    params.maxOutputTokens,
    metadata.ls_max_tokens,
  ),
  frequencyPenalty: firstNumber(params.frequency_penalty, params.frequencyPenalty),
  presencePenalty: firstNumber(params.presence_penalty, params.presencePenalty),
  seed: numberOf(params.seed),
  choiceCount: numberOf(params.n),
  stopSequences: textsOf(params.stop) ?? textsOf(params.stop_sequences) ?? textsOf(metadata.ls_stop),
  reasoningLevel: firstText(params.reasoning_effort, recordOf(params.reasoning).effort),
});

/** How a model is asked, by its parameters and by what LangChain's own tracing is told of it. */
export const modelRequest = (llm: unknown, extraParams: unknown, metadata: unknown): Fields => {
  const params = recordOf(recordOf(extraParams).invocation_params);
  const told = recordOf(metadata);
  const model = firstText(
    params.model,
    params.model_name,
    params.modelName,
    params.modelId,
    told.ls_model_name,
    classNameOf(llm),
  );
  return requestFields({
    model,
    provider: firstText(told.ls_provider, classNameOf(llm)),
    ...samplingOf(params, told),
    stream: params.stream === true || params.streaming === true ? true : undefined,
  });
};

const usageOfMetadata = (metadata: unknown): UsageFacts | undefined => {
  const fields = recordOf(metadata);
  const details = recordOf(fields.input_token_details);
  const facts = {
    input: numberOf(fields.input_tokens),
    output: numberOf(fields.output_tokens),
    cacheRead: numberOf(details.cache_read),
    cacheWrite: numberOf(details.cache_creation),
    reasoning: numberOf(recordOf(fields.output_token_details).reasoning),
  };
  return facts.input === undefined && facts.output === undefined ? undefined : facts;
};

/** What models without usage metadata leave beside the answer. */
const usageOfOutput = (output: unknown): UsageFacts => {
  const beside = recordOf(recordOf(output).llmOutput);
  const usage = recordOf(beside.tokenUsage ?? beside.estimatedTokenUsage ?? beside.usage);
  return {
    input: firstNumber(usage.promptTokens, usage.prompt_tokens, usage.input_tokens),
    output: firstNumber(usage.completionTokens, usage.completion_tokens, usage.output_tokens),
  };
};

/** The answers to the one prompt of a run: `generations` has a list for each prompt. */
const generationsOf = (output: unknown): readonly Fields[] =>
  listOf(listOf(recordOf(output).generations)[0]).map(recordOf);

const finishReasonOf = (generation: Fields): string | undefined => {
  const metadata = recordOf(recordOf(generation.message).response_metadata);
  return firstText(
    metadata.finish_reason,
    metadata.stop_reason,
    metadata.finishReason,
    metadata.stopReason,
    recordOf(generation.generationInfo).finish_reason,
  );
};

/** The provider's id of the answer; LangChain's own ids begin with `run-`. */
const responseIdOf = (given: Fields): string | undefined => {
  const id = firstText(recordOf(given.response_metadata).id, given.id);
  return id?.startsWith('run-') === true ? undefined : id;
};

/** What a model answered; `secondsToFirstChunk` where it streamed. */
export const modelAnswer = (output: unknown, secondsToFirstChunk: number | undefined): Fields => {
  const generations = generationsOf(output);
  const given = recordOf(generations[0]?.message);
  const metadata = recordOf(given.response_metadata);
  const reasons = textsOf(generations.map(finishReasonOf));
  return present({
    'gen_ai.request.stream': secondsToFirstChunk === undefined ? undefined : true,
    ...responseFields({
      id: responseIdOf(given),
      model: firstText(metadata.model_name, metadata.model),
      finishReasons: reasons,
      secondsToFirstChunk,
      usage: usageOfMetadata(given.usage_metadata) ?? usageOfOutput(output),
    }),
  });
};

const partsOfContent = (content: unknown): readonly MessagePart[] => {
  if (typeof content === 'string') return content === '' ? [] : [part.text(content)];
  return listOf(content).map((each) => {
    const { type, text, reasoning, thinking } = recordOf(each);
    if (typeof text === 'string') return part.text(text);
    const thought = firstText(reasoning, thinking);
    return thought === undefined ? part.other(type) : part.reasoning(thought);
  });
};

const roles: Readonly<Record<string, string>> = {
  human: 'user',
  ai: 'assistant',
  system: 'system',
  tool: 'tool',
};

/** A message's type, which is a method in older releases. */
const roleOf = (given: Fields): string => {
  const { type } = given;
  const own = typeof given.getType === 'function' ? (given.getType as () => unknown).call(given) : type;
  const name = firstText(own, given.role) ?? 'user';
  return Object.hasOwn(roles, name) ? roles[name]! : name;
};

const messageOf = (value: unknown, finishReason?: string): Fields => {
  const given = recordOf(value);
  const role = roleOf(given);
  if (role === 'tool')
    return message(role, [part.toolResponse(given.tool_call_id, parsedIfJson(given.content))]);
  const calls = listOf(given.tool_calls).map((call) => {
    const { id, name, args } = recordOf(call);
    return part.toolCall(id, name, args);
  });
  return message(role, [...partsOfContent(given.content), ...calls], finishReason);
};

/** What a model was given; nothing unless content is asked for. */
export const inputContent = (
  input: unknown,
  { captureContent, maxContentLength }: CompiledOptions,
): Fields => {
  if (!captureContent) return {};
  const [first] = listOf(input);
  const messages =
    typeof first === 'string'
      ? [message('user', [part.text(first)])]
      : listOf(first).map((each) => messageOf(each));
  return present({ 'gen_ai.input.messages': boundedJson(messages, maxContentLength) });
};

/** What a model answered; nothing unless content is asked for. */
export const outputContent = (
  output: unknown,
  { captureContent, maxContentLength }: CompiledOptions,
): Fields => {
  if (!captureContent) return {};
  const messages = generationsOf(output).map((generation) =>
    generation.message === undefined
      ? message('assistant', [part.text(generation.text)], finishReasonOf(generation))
      : messageOf(generation.message, finishReasonOf(generation)),
  );
  return present({ 'gen_ai.output.messages': boundedJson(messages, maxContentLength) });
};
