import type { Attribute, AttributeValue, JsonValue } from '@kaizen-trace/contracts';
import { cut } from '../text.js';

/** Whose GenAI attributes are told. */
export interface GenAiSubject {
  readonly kind: string;
  readonly name: string | undefined;
  readonly agentId: string;
  readonly callId: string | undefined;
  readonly errorType: string | undefined;
  /** A field of `data`: the POST's, and the PRE's where the POST has none. */
  readonly field: (key: string) => JsonValue | AttributeValue | undefined;
}

const operationNames: Readonly<Record<string, string>> = {
  agent_loop: 'invoke_agent',
  tool_use: 'execute_tool',
  llm_call: 'chat',
  memory_read: 'search_memory',
};

/** The GenAI semantic conventions' name of what a kind does, where they have one. */
export const genAiOperation = (kind: string): string | undefined =>
  Object.hasOwn(operationNames, kind) ? operationNames[kind] : undefined;

const textFrom = ({ field }: GenAiSubject, key: string): string | undefined => {
  const value = field(key);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const numberFrom = ({ field }: GenAiSubject, ...keys: readonly string[]): number | undefined =>
  keys.map(field).find((value): value is number => typeof value === 'number');

const ofKind = (subject: GenAiSubject): readonly (readonly [string, string | number | undefined])[] => {
  switch (subject.kind) {
    case 'tool_use':
      return [
        ['gen_ai.tool.name', subject.name],
        ['gen_ai.tool.call.id', subject.callId],
      ];
    case 'llm_call':
      return [
        ['gen_ai.request.model', subject.name],
        ['gen_ai.provider.name', textFrom(subject, 'provider')],
        ['gen_ai.usage.input_tokens', numberFrom(subject, 'input_tokens', 'prompt_tokens')],
        ['gen_ai.usage.output_tokens', numberFrom(subject, 'output_tokens', 'completion_tokens')],
      ];
    default:
      return [];
  }
};

/** What can be told of an operation in the words of the GenAI conventions; strings cut. */
export const genAiAttributes = (subject: GenAiSubject, maxStringLength: number): readonly Attribute[] => {
  const told: readonly (readonly [string, string | number | undefined])[] = [
    ['gen_ai.operation.name', genAiOperation(subject.kind)],
    ['gen_ai.agent.id', subject.agentId],
    ...ofKind(subject),
    ['error.type', subject.errorType],
  ];
  const attributes: Attribute[] = [];
  for (const [key, value] of told) {
    if (value !== undefined)
      attributes.push([key, typeof value === 'string' ? cut(value, maxStringLength) : value]);
  }
  return attributes;
};
