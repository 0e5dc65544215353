import type { OpenCalls } from '@kaizen-trace/sources';
import type { HookContextInit } from '../../hooks/hook-context.js';
import { boundedJson, message, part } from '../framework/content.js';
import { firstText, listOf, numberOf, present, recordOf, textOf } from '../framework/fields.js';
import { usageOf } from './usage.js';

/** What one message of the SDK says of where it belongs. */
export interface Frame {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly session: string;
  /** The subagent, or the call that it runs under where an older release does not name it; empty: the main agent. */
  readonly scope: string;
  /** In seconds. */
  readonly at: number;
}

/** One answer of a model, which comes in several messages. */
interface ModelCall {
  readonly id: string;
  readonly frame: Frame;
  readonly base: Pick<HookContextInit, 'agentId' | 'traceId' | 'callId' | 'parentCallId' | 'serviceName'>;
  readonly model: string | undefined;
  lastAt: number;
  usage: unknown;
  stopReason: string | undefined;
  readonly parts: unknown[];
  error: string | undefined;
}

/** Of so many agents of one query it is remembered when they were asked. */
const maxAgents = 1_000;

/** Where a frame's events belong. */
export interface Place {
  readonly trace: string;
  readonly agent: string;
  readonly parent: string | undefined;
}

export interface ModelCallsOptions {
  readonly calls: OpenCalls;
  readonly emit: (event: HookContextInit) => void;
  readonly placeOf: (frame: Frame) => Place;
  readonly captureContent: () => boolean;
  readonly maxContentLength: number;
  readonly serviceName: string | undefined;
}

const contentPart = (block: unknown): unknown => {
  const { type, text, thinking, id, name, input } = recordOf(block);
  switch (type) {
    case 'text':
      return part.text(text);
    case 'thinking':
      return part.reasoning(thinking);
    case 'tool_use':
      return part.toolCall(id, name, input);
    default:
      return part.other(type);
  }
};

/** Follows the answers of models, one at a time in each agent of a session. */
export class ModelCalls {
  readonly #options: ModelCallsOptions;
  readonly #open = new Map<string, ModelCall>();
  /** When each agent last got something to answer: then its model began. */
  readonly #asked = new Map<string, number>();

  constructor(options: ModelCallsOptions) {
    this.#options = options;
  }

  /** Whatever the model answers next in this agent, it begins now. */
  asked({ scope, at }: Frame): void {
    this.end(scope);
    this.#remember(scope, at);
  }

  #remember(scope: string, at: number): void {
    this.#asked.delete(scope);
    this.#asked.set(scope, at);
    for (const quiet of this.#asked.keys()) if (this.#asked.size > maxAgents) this.#asked.delete(quiet);
  }

  /** A piece of an answer. */
  answered(frame: Frame): void {
    const { message: answer, error } = frame.fields;
    const { id, model, usage, stop_reason, content } = recordOf(answer);
    const name = textOf(id);
    // Made by Claude Code itself, as for a failed request.
    const isMade = model === '<synthetic>';
    if (name === undefined || (isMade && textOf(error) === undefined)) return;
    const call =
      this.#open.get(frame.scope)?.id === name ? this.#open.get(frame.scope) : this.#begin(frame, name);
    if (call === undefined) return;
    call.lastAt = Math.max(call.lastAt, frame.at);
    call.usage = usage ?? call.usage;
    call.stopReason = textOf(stop_reason) ?? call.stopReason;
    call.error = textOf(error) ?? call.error;
    if (this.#options.captureContent() && call.parts.length < 100)
      call.parts.push(...listOf(content).map(contentPart));
  }

  /** Where partial messages are asked for they tell the beginning, the end and the number of tokens. */
  streamed(frame: Frame): void {
    const { type, message: begun, usage, delta } = recordOf(frame.fields.event);
    if (type === 'message_start') {
      this.answered({ ...frame, fields: { message: { ...recordOf(begun), content: [] } } });
      return;
    }
    const call = this.#open.get(frame.scope);
    if (call === undefined || type !== 'message_delta') return;
    call.usage = { ...recordOf(call.usage), ...present(recordOf(usage)) };
    call.stopReason = textOf(recordOf(delta).stop_reason) ?? call.stopReason;
    call.lastAt = Math.max(call.lastAt, frame.at);
  }

  /** The answer of one agent is complete. */
  end(scope: string): void {
    const call = this.#open.get(scope);
    if (call === undefined) return;
    this.#open.delete(scope);
    this.#remember(scope, call.lastAt);
    const { emit, maxContentLength } = this.#options;
    const isFinal = call.stopReason !== undefined;
    emit({
      ...call.base,
      eventType: 'post_llm_call',
      eventId: `${call.frame.session}:llm-end:${call.id}`,
      timestamp: call.lastAt,
      data: present({
        model: call.model,
        ...usageOf(call.usage, isFinal),
        'gen_ai.response.id': call.id,
        'gen_ai.response.model': call.model,
        'gen_ai.response.finish_reasons': isFinal ? [call.stopReason] : undefined,
        'gen_ai.output.messages':
          call.parts.length === 0
            ? undefined
            : boundedJson([message('assistant', call.parts as never, call.stopReason)], maxContentLength),
      }),
      result:
        call.error === undefined
          ? { success: true }
          : { success: false, error: call.error, errorType: call.error },
    });
  }

  /** Whatever is open ends. */
  endAll(): void {
    for (const scope of [...this.#open.keys()]) this.end(scope);
  }

  #begin(frame: Frame, id: string): ModelCall {
    this.end(frame.scope);
    const { emit, placeOf, serviceName } = this.#options;
    const { trace, agent, parent } = placeOf(frame);
    const model = firstText(recordOf(frame.fields.message).model);
    const base = { agentId: agent, traceId: trace, callId: id, parentCallId: parent, serviceName };
    const began = Math.min(numberOf(this.#asked.get(frame.scope)) ?? frame.at, frame.at);
    const call: ModelCall = {
      id,
      frame,
      base,
      model,
      lastAt: frame.at,
      usage: undefined,
      stopReason: undefined,
      parts: [],
      error: undefined,
    };
    this.#open.set(frame.scope, call);
    emit({
      ...base,
      eventType: 'pre_llm_call',
      eventId: `${frame.session}:llm:${id}`,
      timestamp: began,
      data: present({ model, provider: 'anthropic', 'gen_ai.conversation.id': frame.session }),
    });
    return call;
  }
}
