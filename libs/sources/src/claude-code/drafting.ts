import type { EventJson, JsonValue } from '@kaizen-trace/contracts';
import { contentText } from './content.js';
import { stableId } from './event-id.js';
import type { OpenCall, OpenCalls } from './open-calls.js';
import { numberIn, textIn, type HookPayload } from './payload.js';

/** An operation that is open outside of Claude Code. */
export interface OuterCall {
  readonly traceId: string;
  readonly callId?: string | undefined;
}

/** How payloads become events. */
export interface ClaudeCodeOptions {
  /** When the payload came, in seconds since the epoch: no payload says when it happened. */
  readonly receivedAt: number;
  /** A fresh event id, for events that nothing tells apart. */
  readonly newId: () => string;
  /** What is open; without it nothing is ended but by its own event, and subagents stand under what opened last. */
  readonly calls?: OpenCalls | undefined;
  /** Asked where a session begins or is prompted: the operation outside that it runs under, in whose trace it belongs. */
  readonly within?: (() => OuterCall | undefined) | undefined;
  /** What one trace is: a whole `session` (the default), or each `prompt`. */
  readonly trace?: 'session' | 'prompt' | undefined;
  /** Whether prompts, answers, and what tools are given and give go into the events. Default false. */
  readonly captureContent?: boolean | undefined;
  /** The main agent's name where the session gives none. Default `claude-code`. */
  readonly agentId?: string | undefined;
  readonly serviceName?: string | undefined;
}

/** What one payload's events are made from. */
export interface Drafting {
  readonly payload: HookPayload;
  readonly options: ClaudeCodeOptions;
  /** What is open in the session now. */
  readonly open: readonly OpenCall[];
  readonly trace: string;
  readonly agent: string;
  /** Empty: the main agent. */
  readonly scope: string;
  /** The call_id of the subagent, else of the prompt, else of the session in which it happened, as far as it is known. */
  readonly around: string | undefined;
  /** What prompts stand under. */
  readonly sitting: OpenCall | undefined;
}

/** Under which an answered prompt is remembered. */
export const answeredId = (prompt: string): string => `answered:${prompt}`;

type Members = Readonly<Record<string, JsonValue | undefined>>;

/** What makes an event of its own. */
export interface EventParts {
  readonly type: string;
  readonly id?: string | undefined;
  readonly call?: string | undefined;
  readonly parent?: string | undefined;
  readonly agent?: string | undefined;
  readonly trace?: string | undefined;
  readonly data?: Members | undefined;
  readonly result?: Members | undefined;
}

const present = (members: Members): EventJson =>
  Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );

const agentOf = ({ subagent, agentType }: HookPayload, open: readonly OpenCall[], main: string): string => {
  if (subagent === undefined) return agentType ?? main;
  return (
    agentType ?? open.find(({ id, kind }) => id === subagent && kind === 'agent_loop')?.agent ?? 'subagent'
  );
};

const sittingIn = (open: readonly OpenCall[]): OpenCall | undefined =>
  open.findLast(({ kind }) => kind === 'session');

/** A subagent may outlive its prompt: it stays in the trace in which it began. */
const traceOf = (payload: HookPayload, open: readonly OpenCall[], options: ClaudeCodeOptions): string => {
  if (options.trace !== 'prompt') return sittingIn(open)?.trace ?? payload.session;
  const around = open.find(({ id, kind }) => id === payload.subagent && kind === 'agent_loop');
  return around?.trace ?? payload.prompt ?? payload.session;
};

/** The prompt, unless it is known that it never began: compaction on demand has one too. */
const promptIn = (
  { prompt }: HookPayload,
  open: readonly OpenCall[],
  isKnown: boolean,
): string | undefined =>
  prompt === undefined || !isKnown || open.some(({ id }) => id === prompt || id === answeredId(prompt))
    ? prompt
    : undefined;

/** What all events of a payload have in common. */
export const draftingOf = (payload: HookPayload, options: ClaudeCodeOptions): Drafting => {
  const open = options.calls?.of(payload.session) ?? [];
  const sitting = sittingIn(open);
  const isByPrompt = options.calls !== undefined && options.trace === 'prompt';
  return {
    payload,
    options,
    open,
    trace: traceOf(payload, open, options),
    agent: agentOf(payload, open, options.agentId ?? 'claude-code'),
    scope: payload.subagent ?? '',
    around: payload.subagent ?? promptIn(payload, open, sitting !== undefined || isByPrompt) ?? sitting?.id,
    sitting,
  };
};

/** An id that a repeat of the same payload gives again; undefined, so a fresh one, where a part of it is missing. */
export const repeatable = (
  { payload }: Drafting,
  ...parts: readonly (string | undefined)[]
): string | undefined =>
  parts.includes(undefined) ? undefined : stableId(payload.session, ...parts.map((part) => part ?? ''));

/** The member of the payload as content, where content is asked for. */
export const contentOf = (
  { payload, options }: Drafting,
  name: string,
  form: (value: unknown) => string | undefined = contentText,
): string | undefined => (options.captureContent === true ? form(payload.fields[name]) : undefined);

/** One event, as the contract writes it. */
export const eventOf = (drafting: Drafting, parts: EventParts): EventJson => {
  const { payload, options } = drafting;
  const { fields } = payload;
  const effort = fields.effort;
  return present({
    event_type: parts.type,
    agent_id: parts.agent ?? drafting.agent,
    trace_id: parts.trace ?? drafting.trace,
    timestamp: options.receivedAt,
    event_id: parts.id ?? options.newId(),
    call_id: parts.call,
    parent_call_id: parts.parent,
    service_name: options.serviceName,
    data: present({ ...parts.data, 'gen_ai.conversation.id': payload.session }),
    metadata: present({
      source: 'claude-code',
      prompt_id: payload.prompt,
      subagent_id: payload.subagent,
      permission_mode: textIn(fields, 'permission_mode'),
      effort: typeof effort === 'object' && effort !== null ? textIn({ ...effort }, 'level') : undefined,
    }),
    result: parts.result === undefined ? undefined : present(parts.result),
  });
};

/** Members that are texts, numbers, true or false, under their own names. */
export const plainMembers = (
  fields: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, JsonValue>> => {
  const members: Record<string, JsonValue> = {};
  for (const name of names) {
    const value = textIn(fields, name) ?? numberIn(fields, name) ?? fields[name];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      if (value !== '') members[name] = value;
  }
  return members;
};
