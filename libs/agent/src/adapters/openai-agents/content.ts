import type { MessagePart } from '../framework/content.js';
import { message, parsedIfJson, part } from '../framework/content.js';
import { listOf, recordOf, textOf } from '../framework/fields.js';

type Fields = Readonly<Record<string, unknown>>;
type Message = Readonly<Record<string, unknown>>;

const ofContent = (content: unknown): readonly MessagePart[] => {
  if (typeof content === 'string') return [part.text(content)];
  return listOf(content).map((each) => {
    const { type, text, refusal } = recordOf(each);
    return typeof text === 'string'
      ? part.text(text)
      : textOf(refusal)
        ? part.text(refusal)
        : part.other(type);
  });
};

/** Tool calls of a Chat Completions message. */
const ofToolCalls = (calls: unknown): readonly MessagePart[] =>
  listOf(calls).map((call) => {
    const { id, function: called } = recordOf(call);
    const { name, arguments: args } = recordOf(called);
    return part.toolCall(id, name, args);
  });

/** Text of a tool's output as Responses and the SDK write it: a string, or one part or several. */
const ofToolOutput = (output: unknown): unknown => {
  const { text } = recordOf(output);
  return parsedIfJson(typeof text === 'string' ? text : output);
};

/** One item of Responses, of the SDK's own protocol or of Chat Completions. */
const messageOf = (item: unknown, finishReason?: string): Message => {
  const fields = recordOf(item);
  const { type, role } = fields;
  const callId = fields.callId ?? fields.call_id;
  switch (type) {
    case 'function_call':
      return message('assistant', [part.toolCall(callId, fields.name, fields.arguments)], finishReason);
    case 'function_call_result':
    case 'function_call_output':
      return message('tool', [part.toolResponse(callId, ofToolOutput(fields.output))]);
    case 'reasoning':
      return message('assistant', ofContent(fields.summary ?? fields.content).map(asReasoning), finishReason);
    default:
      if (role === 'tool')
        return message('tool', [part.toolResponse(fields.tool_call_id, parsedIfJson(fields.content))]);
      return message(
        textOf(role) ?? 'assistant',
        [...ofContent(fields.content), ...ofToolCalls(fields.tool_calls)],
        finishReason,
      );
  }
};

const asReasoning = (each: MessagePart): MessagePart =>
  each.type === 'text' ? part.reasoning(each.content) : each;

/** What a model was given, as messages of the GenAI conventions. */
export const inputMessages = (input: unknown): readonly Message[] =>
  typeof input === 'string'
    ? [message('user', [part.text(input)])]
    : listOf(input).map((item) => messageOf(item));

/** The one message that the items of a Responses answer are. */
export const responseMessages = (output: unknown, finishReason: string | undefined): readonly Message[] => {
  const parts = listOf(output).flatMap((item) => messageOf(item).parts as readonly MessagePart[]);
  return [message('assistant', parts, finishReason)];
};

/** The choices of Chat Completions answers, or whatever messages a generation gave. */
export const generationMessages = (output: unknown): readonly Message[] =>
  listOf(output).flatMap((each) => {
    const { choices } = recordOf(each);
    if (!Array.isArray(choices)) return [messageOf(each)];
    return choices.map((choice) => {
      const { message: given, finish_reason: reason } = recordOf(choice);
      return messageOf(given, textOf(reason));
    });
  });

/** Instructions that Responses takes apart from the messages. */
export const systemInstructions = (response: Fields): readonly MessagePart[] | undefined => {
  const text = textOf(response.instructions);
  return text === undefined ? undefined : [part.text(text)];
};
