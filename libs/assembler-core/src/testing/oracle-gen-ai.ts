import type { Attribute, AttributeValue, Fields, JsonValue } from '@kaizen-trace/contracts';
import type { Outcome } from './oracle-status.js';

const operationNames: Readonly<Record<string, string>> = {
  agent_loop: 'invoke_agent',
  tool_use: 'execute_tool',
  llm_call: 'chat',
  memory_read: 'search_memory',
};

const known = (kind: string): string | undefined =>
  Object.hasOwn(operationNames, kind) ? operationNames[kind] : undefined;

/** How layout `operations` names a pair: by OpenTelemetry's words where it has them, else by its kind. */
export const operationSpanName = (kind: string, name: string | undefined, agentId: string): string => {
  if (kind === 'agent_loop') return `invoke_agent ${agentId}`;
  if (kind === 'memory_read') return 'search_memory';
  const word = known(kind) ?? kind;
  return name === undefined ? word : `${word} ${name}`;
};

/** What the OpenTelemetry GenAI attributes are told from. */
export interface Told {
  readonly kind: string;
  readonly name: string | undefined;
  readonly agentId: string;
  readonly callId: string | undefined;
  /** The POST's `data`, where there is a POST. */
  readonly post?: Fields;
  /** The attributes that come from the PRE's `data`, where there is a PRE. */
  readonly pre: readonly Attribute[];
}

const optional = (key: string, value: string | number | undefined): Attribute[] =>
  value === undefined ? [] : [[key, value]];

/** The OpenTelemetry GenAI attributes that can be told. */
export const genAiAttributes = (
  { kind, name, agentId, callId, post, pre }: Told,
  { errorType }: Outcome,
): Attribute[] => {
  // Provider and usage come from data: the POST's where it is of use, else the PRE's.
  const inData = (key: string): JsonValue | AttributeValue | undefined => {
    const own = Object.entries(post ?? {}).find(([name]) => name === key)?.[1];
    const useful = typeof own === 'number' || (typeof own === 'string' && own !== '');
    return useful ? own : pre.find(([name]) => name === key)?.[1];
  };
  const textIn = (key: string): string | undefined => {
    const value = inData(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const numberIn = (key: string): number | undefined => {
    const value = inData(key);
    return typeof value === 'number' ? value : undefined;
  };
  const tool = kind === 'tool_use';
  const model = kind === 'llm_call';
  return [
    ...optional('gen_ai.operation.name', known(kind)),
    ...optional('gen_ai.agent.id', agentId),
    ...(tool ? optional('gen_ai.tool.name', name) : []),
    ...(tool ? optional('gen_ai.tool.call.id', callId) : []),
    ...(model ? optional('gen_ai.request.model', name) : []),
    ...(model ? optional('gen_ai.provider.name', textIn('provider')) : []),
    ...(model
      ? optional('gen_ai.usage.input_tokens', numberIn('input_tokens') ?? numberIn('prompt_tokens'))
      : []),
    ...(model
      ? optional('gen_ai.usage.output_tokens', numberIn('output_tokens') ?? numberIn('completion_tokens'))
      : []),
    ...optional('error.type', errorType),
  ];
};
