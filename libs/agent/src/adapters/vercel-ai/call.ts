import type { HookResultInit } from '../../hooks/hook-result.js';
import type { Run } from '../../observing/run.js';
import { numberOf, recordOf, textOf } from '../framework/fields.js';
import type { UsageFacts } from '../framework/gen-ai.js';
import type { Operation, Telling } from '../framework/operations.js';
import type { CompiledOptions, OuterOperation } from '../framework/options.js';
import type { AiCallEvent } from './types.js';

type Fields = Readonly<Record<string, unknown>>;

/** A tool that is being executed, and the run that belongs to its code. */
export interface ToolPlace {
  readonly place: OuterOperation;
  readonly run: Run | undefined;
}

/** One call of generateText and the like, while it is open. */
export interface Call {
  readonly operation: Operation;
  readonly isStream: boolean;
  /** What has begun within it and not ended, in the order of beginning. */
  readonly inner: Set<string>;
  step: string | undefined;
  modelCalls: number;
}

/** What the SDK's operations are, by its own names; text and object generation are agents' loops. */
const kinds: Readonly<Record<string, string>> = {
  'ai.embed': 'embed',
  'ai.embedMany': 'embed',
  'ai.rerank': 'rerank',
  'ai.generateSpeech': 'speech',
  'ai.transcribe': 'transcription',
  'ai.streamTranscribe': 'transcription',
};

/** The kind that one of the SDK's operations has. */
export const kindOf = (operationId: string): string =>
  Object.hasOwn(kinds, operationId) ? kinds[operationId]! : 'agent_loop';

/** Who calls: the function's id, since the SDK does not tell an agent's. */
export const agentIdOf = (event: Fields, options: CompiledOptions): string =>
  textOf(event.functionId) ?? options.agentId ?? textOf(event.operationId) ?? 'ai';

/** What begins within a call. */
export interface Inner {
  readonly kind: string;
  readonly named: Fields;
  readonly telling: Telling;
}

/** What an embedding took. */
export const embeddingUsageOf = ({ usage }: Fields): UsageFacts => ({
  input: numberOf(recordOf(usage).tokens),
});

/** How a model call ends that another attempt follows. */
export const retried: HookResultInit = {
  success: false,
  error: 'ended without an answer; another attempt followed',
  errorType: 'RetriedError',
};

/** By which a tool's execution is known; told beforehand, so that calls within it find it. */
export const toolIdOf = (callId: string, toolCallId: string): string =>
  `${callId}.tool.${toolCallId}`.slice(0, 256);

/** By which the newest model call is known. */
export const modelIdOf = ({ callId }: AiCallEvent, { modelCalls }: Call): string =>
  `${callId}.model.${modelCalls}`;

/** When it happened, where it is told afterwards: milliseconds since the epoch. */
export const at = ({ timestamp }: Fields): Telling => {
  const ms = numberOf(timestamp);
  return ms === undefined ? {} : { timestamp: ms / 1000 };
};
