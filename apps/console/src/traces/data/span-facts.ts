import { flag } from './flags.js';
import type { JaegerSpan, JaegerTag } from './jaeger.js';

/** What the views need of one span, read in one go over its tags. */
export interface SpanFacts {
  readonly agent: string;
  readonly eventType: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of {@link flag}: what the span alone tells. */
  readonly flags: number;
  /** Of a placeholder: the id of its operation's span. */
  readonly operationSpanId: string | undefined;
}

/** Collected tag by tag. */
interface Draft {
  agent: string;
  eventType: string;
  operation: string;
  /** By their rank: the names of the conventions win over plain ones. */
  input: readonly [rank: number, tokens: number];
  output: readonly [rank: number, tokens: number];
  flags: number;
  operationSpanId: string | undefined;
}

const text = (value: JaegerTag['value']): string => (typeof value === 'string' ? value : String(value));
const isTrue = (value: JaegerTag['value']): boolean => value === true || value === 'true';

const inputRank: Readonly<Record<string, number>> = {
  'gen_ai.usage.input_tokens': 3,
  input_tokens: 2,
  prompt_tokens: 1,
};
const outputRank: Readonly<Record<string, number>> = {
  'gen_ai.usage.output_tokens': 3,
  output_tokens: 2,
  completion_tokens: 1,
};

const better = (
  before: readonly [number, number],
  rank: number | undefined,
  value: JaegerTag['value'],
): readonly [number, number] => {
  const tokens = Number(value);
  return rank !== undefined && rank > before[0] && Number.isFinite(tokens) ? [rank, tokens] : before;
};

const readTag = (draft: Draft, { key, value }: JaegerTag): void => {
  switch (key) {
    case 'agent_id':
    case 'gen_ai.agent.id':
      if (draft.agent === '' || key === 'agent_id') draft.agent = text(value);
      break;
    case 'event_type':
      draft.eventType = text(value);
      break;
    case 'gen_ai.operation.name':
      draft.operation = text(value);
      break;
    case 'error':
      if (isTrue(value)) draft.flags |= flag.error;
      break;
    case 'kaizen.abandoned':
      if (isTrue(value)) draft.flags |= flag.abandoned;
      break;
    case 'kaizen.orphan':
      if (isTrue(value)) draft.flags |= flag.orphan;
      break;
    case 'kaizen.progress':
      if (isTrue(value)) draft.flags |= flag.running;
      break;
    case 'kaizen.operation_span_id':
      draft.operationSpanId = text(value);
      break;
    default:
      if (!key.endsWith('tokens')) return;
      draft.input = better(draft.input, inputRank[key], value);
      draft.output = better(draft.output, outputRank[key], value);
  }
};

/** So Jaeger begins its warning of a parent that is not in the trace, as that of any operation whose parent still runs. */
const missingParent = 'invalid parent span IDs=';

/** Reads a span's tags. */
export const factsOf = (span: JaegerSpan): SpanFacts => {
  const draft: Draft = {
    agent: '',
    eventType: '',
    operation: '',
    input: [0, 0],
    output: [0, 0],
    flags: 0,
    operationSpanId: undefined,
  };
  for (const tag of span.tags) readTag(draft, tag);
  if (span.logs.length > 0) draft.flags |= flag.hasEvents;
  if (span.warnings?.some((warning) => !warning.startsWith(missingParent)) === true)
    draft.flags |= flag.warned;
  return {
    agent: draft.agent,
    eventType: draft.eventType === '' ? draft.operation : draft.eventType,
    inputTokens: draft.input[1],
    outputTokens: draft.output[1],
    flags: draft.flags,
    operationSpanId: draft.operationSpanId,
  };
};
