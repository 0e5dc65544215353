import type { HookResultInit } from '../../hooks/hook-result.js';
import { boundedJson, parsedIfJson } from '../framework/content.js';
import { numberOf, present, recordOf, textOf, textsOf } from '../framework/fields.js';
import { tokenFields } from '../framework/gen-ai.js';
import type { CompiledOptions } from '../framework/options.js';
import { succeeded } from '../framework/outcome.js';
import { generationAnswer, generationRequest, responseAnswer, usageOf } from './model-calls.js';
import type { OpenAiSpan } from './types.js';

type Fields = Readonly<Record<string, unknown>>;

/** What one type of span becomes. */
export interface Mapping {
  readonly kind: string;
  /** Told at the beginning and again at the end. */
  readonly named: Fields;
  /** What is known at the beginning. */
  readonly begins: Fields;
  /** What is known at the end. */
  readonly ends: (options: CompiledOptions) => Fields;
}

const nothing = (): Fields => ({});

const mapping = (kind: string, parts: Partial<Omit<Mapping, 'kind'>>): Mapping => ({
  kind,
  named: present(parts.named ?? {}),
  begins: present(parts.begins ?? {}),
  ends: parts.ends ?? nothing,
});

const functionEnd = (data: Fields, { captureContent, maxContentLength }: CompiledOptions): Fields =>
  captureContent
    ? {
        'gen_ai.tool.call.arguments': boundedJson(parsedIfJson(textOf(data.input)), maxContentLength),
        'gen_ai.tool.call.result': boundedJson(parsedIfJson(textOf(data.output)), maxContentLength),
      }
    : {};

const usageFields = (data: Fields): Fields => tokenFields(usageOf(data.usage) ?? {});

const customEnd = (data: Fields, { captureContent, maxContentLength }: CompiledOptions): Fields =>
  captureContent ? { content: boundedJson(data.data, maxContentLength) } : {};

/** A type that a later release may bring, as the name of a kind. */
const kindOf = (type: string): string => {
  const kind = type.toLowerCase().replaceAll(/[^a-z0-9_.-]/g, '_');
  return /^[a-z]/.test(kind) ? kind.slice(0, 64) : 'custom';
};

const mappings: Readonly<Record<string, (data: Fields) => Mapping>> = {
  agent: (data) =>
    mapping('agent_loop', {
      named: { 'gen_ai.agent.name': textOf(data.name) },
      ends: () => ({
        tools: textsOf(data.tools),
        handoffs: textsOf(data.handoffs),
        output_type: textOf(data.output_type),
      }),
    }),
  function: (data) =>
    mapping('tool_use', {
      named: { tool_name: textOf(data.name) },
      begins: { 'gen_ai.tool.type': data.mcp_data === undefined ? 'function' : 'extension' },
      ends: (options) => functionEnd(data, options),
    }),
  generation: (data) =>
    mapping('llm_call', {
      named: { model: generationRequest(data).model },
      begins: generationRequest(data),
      ends: (options) => generationAnswer(data, options),
    }),
  response: (data) =>
    mapping('llm_call', {
      begins: { provider: 'openai', 'gen_ai.provider.name': 'openai' },
      ends: (options) => responseAnswer(data, options),
    }),
  guardrail: (data) =>
    mapping('permission_check', {
      named: { guardrail_name: textOf(data.name) },
      ends: () => ({ triggered: data.triggered === true }),
    }),
  mcp_tools: (data) =>
    mapping('mcp_list_tools', {
      named: { mcp_server: textOf(data.server), 'mcp.method.name': 'tools/list' },
      ends: () => ({ tools: textsOf(data.result) }),
    }),
  task: (data) =>
    mapping('task', {
      named: { name: textOf(data.name) },
      ends: () => ({ ...usageFields(data), requests: numberOf(recordOf(data.usage).requests) }),
    }),
  turn: (data) => mapping('turn', { named: { turn: numberOf(data.turn) }, ends: () => usageFields(data) }),
  custom: (data) =>
    mapping('custom', { named: { name: textOf(data.name) }, ends: (options) => customEnd(data, options) }),
  transcription: (data) => mapping('transcription', { named: { model: textOf(data.model) } }),
  speech: (data) => mapping('speech', { named: { model: textOf(data.model) } }),
};

/** What becomes of a span that has a length; handoffs have none, see the processor. */
export const mappingOf = (span: OpenAiSpan): Mapping => {
  const { type } = span.spanData;
  const data = recordOf(span.spanData);
  const known = Object.hasOwn(mappings, type) ? mappings[type] : undefined;
  return known?.(data) ?? mapping(kindOf(type), { named: { name: textOf(data.name) } });
};

/** How a span ended: its error with the detail that the SDK gives, under the class that the detail begins with. */
export const resultOf = ({ error }: OpenAiSpan): HookResultInit => {
  if (error === null) return succeeded;
  const detail = textOf(error.data?.error);
  const message = textOf(error.message) ?? 'failed without a message';
  const [, errorType] =
    /^([A-Z][A-Za-z]*(?:Error|Exception|Triggered|Exceeded\w*)): /.exec(detail ?? '') ?? [];
  return {
    success: false,
    error: detail === undefined ? message : `${message}: ${detail}`,
    ...(errorType === undefined ? {} : { errorType }),
  };
};
