import type { MessagePart } from '../framework/content.js';
import { boundedJson, message, part } from '../framework/content.js';
import {
  firstNumber,
  firstText,
  listOf,
  numberOf,
  present,
  recordOf,
  textOf,
  textsOf,
} from '../framework/fields.js';
import type { UsageFacts } from '../framework/gen-ai.js';
import { requestFields, responseFields } from '../framework/gen-ai.js';
import type { CompiledOptions } from '../framework/options.js';

type Fields = Readonly<Record<string, unknown>>;

/** How a model is asked. */
export const modelRequest = (event: Fields, stream: boolean): Fields =>
  requestFields({
    model: textOf(event.modelId),
    provider: textOf(event.provider),
    temperature: numberOf(event.temperature),
    topP: numberOf(event.topP),
    topK: numberOf(event.topK),
    maxTokens: numberOf(event.maxOutputTokens),
    frequencyPenalty: numberOf(event.frequencyPenalty),
    presencePenalty: numberOf(event.presencePenalty),
    seed: numberOf(event.seed),
    stopSequences: textsOf(event.stopSequences),
    stream: stream ? true : undefined,
    reasoningLevel: textOf(event.reasoning),
  });

/** Tokens as the SDK tells them, or as its providers do, which is what the diagnostics channel shows. */
export const usageOf = (usage: unknown): UsageFacts => {
  const fields = recordOf(usage);
  const [input, output] = [recordOf(fields.inputTokens), recordOf(fields.outputTokens)];
  const [inputDetails, outputDetails] = [
    recordOf(fields.inputTokenDetails),
    recordOf(fields.outputTokenDetails),
  ];
  return {
    input: firstNumber(fields.inputTokens, input.total),
    output: firstNumber(fields.outputTokens, output.total),
    cacheRead: firstNumber(inputDetails.cacheReadTokens, input.cacheRead),
    cacheWrite: firstNumber(inputDetails.cacheWriteTokens, input.cacheWrite),
    reasoning: firstNumber(outputDetails.reasoningTokens, output.reasoning),
  };
};

const finishReasonOf = (event: Fields): string | undefined =>
  firstText(event.finishReason, recordOf(event.finishReason).unified);

/** What a model answered. */
export const modelAnswer = (event: Fields): Fields => {
  const response = recordOf(event.response);
  const reason = finishReasonOf(event);
  const firstMs = firstNumber(recordOf(event.performance).timeToFirstOutputMs, event.msToFirstChunk);
  return responseFields({
    id: firstText(event.responseId, response.id),
    model: firstText(response.modelId, event.modelId),
    finishReasons: reason === undefined ? undefined : [reason],
    secondsToFirstChunk: firstMs === undefined ? undefined : firstMs / 1000,
    usage: usageOf(event.usage),
  });
};

/** What a tool's result part holds: `{ type: 'text' | 'json' …, value }` in messages, the value itself elsewhere. */
const resultOf = (output: unknown): unknown => {
  const { type, value } = recordOf(output);
  return typeof type === 'string' && value !== undefined ? value : output;
};

const partOf = (value: unknown): MessagePart => {
  const fields = recordOf(value);
  switch (fields.type) {
    case 'text':
      return part.text(fields.text);
    case 'reasoning':
      return part.reasoning(fields.text);
    case 'tool-call':
      return part.toolCall(fields.toolCallId, fields.toolName, fields.input);
    case 'tool-result':
      return part.toolResponse(fields.toolCallId, resultOf(fields.output));
    default:
      return part.other(fields.type);
  }
};

const partsOf = (content: unknown): readonly MessagePart[] =>
  typeof content === 'string' ? [part.text(content)] : listOf(content).map(partOf);

const instructionsOf = (given: unknown): readonly MessagePart[] | undefined => {
  if (typeof given === 'string') return [part.text(given)];
  const texts = (Array.isArray(given) ? (given as unknown[]) : [given])
    .map((each) => textOf(recordOf(each).content))
    .filter((each) => each !== undefined);
  return texts.length === 0 ? undefined : texts.map(part.text);
};

/** What a model is given; nothing unless content is asked for. Inputs that the call does not record are empty already. */
export const inputContent = (
  event: Fields,
  { captureContent, maxContentLength }: CompiledOptions,
): Fields => {
  if (!captureContent) return {};
  const given = listOf(event.messages ?? event.promptMessages);
  const messages = given.map((each) => {
    const { role, content } = recordOf(each);
    return message(textOf(role) ?? 'user', partsOf(content));
  });
  return present({
    'gen_ai.system_instructions': boundedJson(instructionsOf(event.instructions), maxContentLength),
    'gen_ai.input.messages': messages.length === 0 ? undefined : boundedJson(messages, maxContentLength),
  });
};

/** What a model answered; nothing unless content is asked for. */
export const outputContent = (
  event: Fields,
  { captureContent, maxContentLength }: CompiledOptions,
): Fields => {
  const content = event.content ?? event.objectText;
  if (!captureContent || content === undefined) return {};
  const messages = [message('assistant', partsOf(content), finishReasonOf(event))];
  return present({ 'gen_ai.output.messages': boundedJson(messages, maxContentLength) });
};
