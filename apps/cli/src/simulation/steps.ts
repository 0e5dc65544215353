import type { Fields, HookResult } from '@kaizen-trace/contracts';
import { type Opened, type Recorder, succeeded } from './plan.js';
import type { Random } from './random.js';
import type { Model } from './teams.js';
import { type Failure, fillIn, type Tool } from './tools.js';

/** Where a run is played: its record, its chance, how often things fail. */
export interface Stage {
  readonly recorder: Recorder;
  readonly random: Random;
  readonly topic: string;
  readonly failureRate: number;
}

/** An agent, and the model that it calls. */
export interface Actor {
  readonly agentId: string;
  readonly model: Model;
}

const failed = ({ type, message, frame }: Failure): HookResult => ({
  success: false,
  error: message,
  errorType: type,
  stack: `${type}: ${message}\n    at ${frame}\n    at async invoke (runtime/tools.ts:140:20)\n    at async turn (runtime/loop.ts:77:9)`,
});

const overloaded: Failure = {
  type: 'OverloadedError',
  message: '529 overloaded',
  frame: 'create (providers/messages.ts:210:13)',
};

interface ModelCall {
  readonly at: number;
  readonly purpose: string;
  readonly callId?: string;
  /** What the model says, where that is worth keeping. */
  readonly completion?: string;
}

/** One call of a model; an overloaded provider is asked again. Returns when it has answered. */
export const llmCall = (
  { recorder, random, failureRate }: Stage,
  { agentId, model }: Actor,
  { at, purpose, callId, completion }: ModelCall,
): number => {
  const input = random.between(400, 18_000);
  let time = at;
  for (let attempt = 1; ; attempt++) {
    const opened = recorder.open(time, {
      kind: 'llm_call',
      agentId,
      ...(callId !== undefined && attempt === 1 && { callId }),
      name: { model: model.name, provider: model.provider },
      data: { purpose, attempt, max_tokens: 4096, temperature: random.pick([0, 0.2, 0.7]) },
    });
    time += random.duration(model.typicalMs);
    if (attempt === 1 && random.chance(failureRate)) {
      recorder.close(time, opened, { result: failed(overloaded), data: { http_status: 529 } });
      time += random.duration(1500);
      continue;
    }
    recorder.close(time, opened, {
      data: {
        input_tokens: input,
        output_tokens: random.between(40, 1_900),
        ...(completion !== undefined && { completion }),
        stop_reason: purpose === 'choose tools' ? 'tool_use' : 'end_turn',
        usage: { cache_read_tokens: Math.floor(input * random.next()), cache_write_tokens: 0 },
      },
    });
    return time;
  }
};

/** An operation without anything inside it. Returns its end. */
export const simple = (
  { recorder, random }: Stage,
  operation: {
    readonly at: number;
    readonly typicalMs: number;
    readonly kind: string;
    readonly agentId: string;
    readonly before: Fields;
    readonly after: Fields;
    readonly parentCallId?: string;
  },
): number => {
  const { at, typicalMs, kind, agentId, before, after, parentCallId } = operation;
  const opened = recorder.open(at, {
    kind,
    agentId,
    data: before,
    ...(parentCallId !== undefined && { parentCallId }),
  });
  const end = at + random.duration(typicalMs);
  recorder.close(end, opened, { data: after });
  return end;
};

/** One look into memory. Returns its end. */
export const readMemory = (stage: Stage, actor: Actor, at: number): number =>
  simple(stage, {
    at,
    typicalMs: 60,
    kind: 'memory_read',
    agentId: actor.agentId,
    before: { store: 'episodic', query: stage.topic, top_k: 8 },
    after: { hits: stage.random.between(0, 8), best_distance: stage.random.between(80, 420) / 1000 },
  });

/** One write to memory. Returns its end. */
export const saveMemory = (stage: Stage, actor: Actor, at: number): number =>
  simple(stage, {
    at,
    typicalMs: 90,
    kind: 'memory_save',
    agentId: actor.agentId,
    before: { store: 'episodic', items: stage.random.between(1, 5) },
    after: { stored: true },
  });

interface ToolCall {
  readonly at: number;
  readonly tool: Tool;
  readonly angle: string;
  /** Never comes back: the agent dies in it. */
  readonly dies?: boolean;
}

/** One tool call with its call_id, with a permission where the tool needs one. Returns its end. */
const callTool = (stage: Stage, actor: Actor, call: ToolCall): number => {
  const { recorder, random, topic, failureRate } = stage;
  const { at, tool, angle, dies = false } = call;
  const callId = recorder.callId('toolu');
  const opened: Opened = recorder.open(at, {
    kind: 'tool_use',
    agentId: actor.agentId,
    callId,
    name: { tool_name: tool.name },
    data: fillIn({ tool_input: tool.input(random), angle: '{angle}' }, { topic, angle }),
  });
  if (dies) return at;
  let time = at + random.duration(15);
  if (tool.guarded === true) {
    time = simple(stage, {
      at: time,
      typicalMs: 40,
      kind: 'permission_check',
      agentId: actor.agentId,
      before: { permission: `tool:${tool.name}`, policy: 'workspace' },
      after: { granted: true },
      parentCallId: callId,
    });
  }
  time += random.duration(tool.typicalMs);
  const fails = random.chance(failureRate);
  recorder.close(time, opened, {
    data: fails ? {} : fillIn(tool.output(random), { topic, angle }),
    result: fails ? failed(tool.failure) : { ...succeeded, durationMs: (time - at) / 1000 },
  });
  return time;
};

/** Several tool calls at once, as a model asks for them. Returns when the last has come back. */
export const callTools = (stage: Stage, actor: Actor, calls: readonly ToolCall[]): number =>
  calls.reduce((end, call) => Math.max(end, callTool(stage, actor, call)), 0);

/** The long operation: what is recorded after it happens when it has lasted as long as the fleet is told. */
export const waitLong = (stage: Stage, actor: Actor, { at, tool, angle }: ToolCall): number => {
  const { recorder, random, topic } = stage;
  const opened = recorder.open(at, {
    kind: 'tool_use',
    agentId: actor.agentId,
    callId: recorder.callId('toolu'),
    name: { tool_name: tool.name },
    data: fillIn({ tool_input: tool.input(random), angle: '{angle}' }, { topic, angle }),
    holds: true,
  });
  recorder.close(at, opened, { data: fillIn(tool.output(random), { topic, angle }) });
  return at;
};
