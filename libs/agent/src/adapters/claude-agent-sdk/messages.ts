import { linkSubagent, type OpenCall } from '@kaizen-trace/sources';
import { nowSeconds } from '../../clock.js';
import { createEmitter, type Emitter } from '../framework/emitter.js';
import { firstText, listOf, numberOf, present, recordOf, textOf } from '../framework/fields.js';
import { compileOptions, type CompiledOptions } from '../framework/options.js';
import { ModelCalls, type Frame, type Place } from './model-calls.js';
import { openCallsOf, type ClaudeAgentOptions } from './options.js';
import { totalUsageOf } from './usage.js';

/** When a message came into being where it says so, else now; in seconds. */
const timeOf = (timestamp: unknown): number => {
  const now = nowSeconds();
  const told = typeof timestamp === 'string' ? Date.parse(timestamp) / 1_000 : Number.NaN;
  // A message comes a moment after it was made; another clock than this one's is not asked.
  return told <= now && told > now - 60 ? told : now;
};

const frameOf = (message: unknown): Frame | undefined => {
  const fields = recordOf(message);
  const session = textOf(fields.session_id);
  if (session === undefined) return undefined;
  const scope = firstText(fields.agent_id, fields.parent_tool_use_id) ?? '';
  return { fields, session, scope, at: timeOf(fields.timestamp) };
};

/** Follows the messages of one query. */
class MessageObserver {
  readonly #options: ClaudeAgentOptions;
  readonly #compiled: CompiledOptions;
  readonly #emitter: Emitter;
  readonly #calls;
  readonly #models: ModelCalls;
  readonly #beganAt = nowSeconds();
  /** The run that this makes itself where no hooks tell of prompts. */
  #run: OpenCall | undefined;

  constructor(options: ClaudeAgentOptions) {
    this.#options = options;
    this.#compiled = compileOptions(options);
    this.#emitter = createEmitter('Claude Agent SDK adapter', this.#compiled);
    this.#calls = openCallsOf(options.receiver);
    this.#models = new ModelCalls({
      calls: this.#calls,
      emit: this.#emitter.emit,
      placeOf: (frame) => this.#placeOf(frame),
      captureContent: () => this.#compiled.captureContent,
      maxContentLength: this.#compiled.maxContentLength,
      serviceName: options.serviceName,
    });
  }

  see(message: unknown): void {
    this.#emitter.safely('reading a message', () => this.#see(message));
  }

  /** Nothing comes any more. */
  end(): void {
    this.#emitter.safely('ending a run', () => {
      this.#models.endAll();
      this.#endRun({}, undefined);
    });
  }

  #see(message: unknown): void {
    const frame = frameOf(message);
    if (frame === undefined) return;
    const { type, subtype } = frame.fields;
    switch (type) {
      case 'assistant':
        this.#models.answered(frame);
        return;
      case 'stream_event':
        this.#models.streamed(frame);
        return;
      case 'user':
        this.#models.asked(frame);
        return;
      case 'result':
        this.#finish(frame);
        return;
      case 'system':
        if (subtype === 'task_started') this.#link(frame);
        if (subtype === 'init') this.#models.asked(frame);
        return;
      default:
    }
  }

  #link({ fields, session }: Frame): void {
    const subagent = textOf(fields.task_id);
    const call = textOf(fields.tool_use_id);
    if (subagent !== undefined && call !== undefined && textOf(fields.subagent_type) !== undefined)
      linkSubagent(this.#calls, { session, subagent, call });
  }

  #placeOf(frame: Frame): Place {
    const { session, scope, fields } = frame;
    const open = this.#calls.of(session);
    if (scope !== '') {
      const subagent = open.find(({ id, kind }) => kind === 'agent_loop' && id === scope);
      return {
        trace: subagent?.trace ?? open[0]?.trace ?? session,
        agent: firstText(subagent?.agent, fields.subagent_type) ?? 'subagent',
        parent: subagent?.id ?? firstText(fields.parent_tool_use_id, scope),
      };
    }
    const prompt =
      open.findLast(({ kind, scope: of }) => kind === 'agent_loop' && of === '') ?? this.#begin(frame);
    return { trace: prompt.trace, agent: prompt.agent, parent: prompt.id };
  }

  /** No hooks tell of a prompt, so the query itself is the run. */
  #begin({ session }: Frame): OpenCall {
    const outer = this.#compiled.within();
    const agent = this.#compiled.agentId ?? 'claude-agent';
    const run: OpenCall = {
      session,
      id: `run:${crypto.randomUUID()}`,
      kind: 'agent_loop',
      agent,
      trace: outer?.traceId ?? session,
      scope: '',
    };
    this.#run = run;
    this.#calls.open(run);
    this.#emitter.emit({
      eventType: 'pre_agent_loop',
      agentId: agent,
      traceId: run.trace,
      timestamp: this.#beganAt,
      callId: run.id,
      parentCallId: outer?.callId,
      serviceName: this.#options.serviceName,
      data: { 'gen_ai.agent.name': agent, 'gen_ai.conversation.id': session },
    });
    return run;
  }

  #finish(frame: Frame): void {
    this.#models.endAll();
    const { fields, session } = frame;
    const data = present({
      'gen_ai.conversation.id': session,
      num_turns: numberOf(fields.num_turns),
      // An estimate, and of the whole session where that goes on.
      total_cost_usd: numberOf(fields.total_cost_usd),
      duration_api_ms: numberOf(fields.duration_api_ms),
      stop_reason: textOf(fields.stop_reason),
      permission_denials: listOf(fields.permission_denials).length,
      ...totalUsageOf(fields.modelUsage),
    });
    const error = fields.is_error === true ? (textOf(fields.subtype) ?? 'error') : undefined;
    if (this.#run !== undefined) {
      this.#endRun(data, error);
      return;
    }
    // A command that Claude Code carried out itself asked no model and is no prompt.
    if (fields.num_turns === 0) return;
    const open = this.#calls.of(session);
    const prompt = open.findLast(
      ({ kind, scope }) => scope === '' && (kind === 'answered' || kind === 'agent_loop'),
    );
    const sitting = open.findLast(({ kind }) => kind === 'session');
    this.#emitter.emit({
      eventType: 'run_result',
      agentId: prompt?.agent ?? this.#compiled.agentId ?? 'claude-code',
      traceId: prompt?.trace ?? sitting?.trace ?? session,
      timestamp: frame.at,
      eventId: textOf(fields.uuid),
      parentCallId: prompt?.id.replace(/^answered:/, '') ?? sitting?.id,
      serviceName: this.#options.serviceName,
      data,
      result: error === undefined ? { success: true } : { success: false, error, errorType: error },
    });
  }

  #endRun(data: Readonly<Record<string, unknown>>, error: string | undefined): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    this.#calls.close(run.session, run.id);
    const isComplete = Object.keys(data).length > 0;
    this.#emitter.emit({
      eventType: 'post_agent_loop',
      agentId: run.agent,
      traceId: run.trace,
      timestamp: nowSeconds(),
      callId: run.id,
      serviceName: this.#options.serviceName,
      data,
      ...(error !== undefined
        ? { result: { success: false, error, errorType: error } }
        : isComplete
          ? { result: { success: true } }
          : {}),
    });
  }
}

/**
 * The messages of a query, unchanged and in their order: `for await (const message of observeMessages(query(…), { receiver
 * }))`. On the way they are told as events: each answer of a model with what it used, and what the run came to. With
 * {@link claudeAgentHooks} in the query they stand within its prompts and subagents; without, the query is one run of its
 * own. Whoever ends early ends the query, as without this.
 *
 * @throws TypeError where there is no receiver.
 */
export const observeMessages = <Message>(
  messages: AsyncIterable<Message>,
  options: ClaudeAgentOptions,
): AsyncGenerator<Message, void, undefined> => follow(messages, new MessageObserver(options));

async function* follow<Message>(
  messages: AsyncIterable<Message>,
  observer: MessageObserver,
): AsyncGenerator<Message, void, undefined> {
  try {
    for await (const message of messages) {
      observer.see(message);
      yield message;
    }
  } finally {
    observer.end();
  }
}
