import type { EventJson } from '@kaizen-trace/contracts';
import { firstLine, messages } from './content.js';
import {
  answeredId,
  contentOf,
  draftingOf,
  eventOf,
  plainMembers,
  repeatable,
  type ClaudeCodeOptions,
  type Drafting,
} from './drafting.js';
import { endId, endOpen } from './endings.js';
import type { OpenCall } from './open-calls.js';
import { readPayload, textIn } from './payload.js';
import { pointEvents } from './point-events.js';
import { callOfSubagent } from './subagents.js';
import { sittingEvents } from './sitting.js';
import { toolEvents } from './tool-events.js';

const remember = (drafting: Drafting, call: Pick<OpenCall, 'id' | 'kind'> & Partial<OpenCall>): void => {
  const { payload, options, agent, trace, scope } = drafting;
  options.calls?.open({ session: payload.session, agent, trace, scope, ...call });
};

const forget = ({ payload, options }: Drafting, call: string): void => {
  options.calls?.close(payload.session, call);
};

/** A prompt begins. One that is still open was interrupted, which no event says. */
const promptBegins = (drafting: Drafting): readonly EventJson[] => {
  const { payload, scope } = drafting;
  const { prompt: call = 'prompt' } = payload;
  const ended = endOpen(drafting, (open) => open.scope === scope && open.id !== call, 'the next prompt');
  for (const { id, kind } of drafting.open) if (kind === 'answered') forget(drafting, id);
  remember(drafting, { id: call, kind: 'agent_loop' });
  return [
    ...ended,
    eventOf(drafting, {
      type: 'pre_agent_loop',
      id: repeatable(drafting, 'prompt', payload.prompt),
      call: payload.prompt,
      parent: payload.subagent ?? drafting.sitting?.id,
      data: {
        'gen_ai.agent.name': drafting.agent,
        prompt_source: textIn(payload.fields, 'source'),
        cwd: textIn(payload.fields, 'cwd'),
        'gen_ai.input.messages': contentOf(drafting, 'prompt', (value) => messages('user', value)),
      },
    }),
  ];
};

const failureOf = ({ payload }: Drafting) => {
  const error = textIn(payload.fields, 'error') ?? 'unknown';
  const details = textIn(payload.fields, 'error_details');
  return {
    success: false,
    error: details === undefined ? error : `${error}: ${firstLine(details)}`,
    error_type: error,
  };
};

const tasksIn = ({ payload }: Drafting): number | undefined =>
  Array.isArray(payload.fields.background_tasks) ? payload.fields.background_tasks.length : undefined;

/** A prompt is answered, or failed: whatever the main agent still had open got no result. */
const promptEnds = (drafting: Drafting): readonly EventJson[] => {
  const { payload, scope } = drafting;
  const { prompt: call = 'prompt' } = payload;
  const ended = endOpen(
    drafting,
    (open) => open.scope === scope && open.kind !== 'agent_loop',
    'the agent stopped',
  );
  forget(drafting, call);
  remember(drafting, { id: answeredId(call), kind: 'answered' });
  return [
    ...ended,
    eventOf(drafting, {
      type: 'post_agent_loop',
      id: endId(drafting, payload.prompt),
      call: payload.prompt,
      parent: payload.subagent ?? drafting.sitting?.id,
      data: {
        background_tasks: tasksIn(drafting),
        'gen_ai.output.messages': contentOf(drafting, 'last_assistant_message', (value) =>
          messages('assistant', value),
        ),
      },
      result: payload.event === 'StopFailure' ? failureOf(drafting) : { success: true },
    }),
  ];
};

const subagentBegins = (drafting: Drafting): readonly EventJson[] => {
  const { payload, agent } = drafting;
  const { subagent = 'subagent' } = payload;
  const parent = callOfSubagent(drafting, subagent);
  remember(drafting, { id: subagent, kind: 'agent_loop' });
  return [
    eventOf(drafting, {
      type: 'pre_agent_loop',
      id: repeatable(drafting, 'subagent', subagent, payload.prompt ?? ''),
      call: subagent,
      parent,
      data: { 'gen_ai.agent.name': agent, 'gen_ai.agent.id': subagent },
    }),
  ];
};

const subagentEnds = (drafting: Drafting): readonly EventJson[] => {
  const { payload, scope } = drafting;
  const { subagent = 'subagent' } = payload;
  // Helpers of Claude Code's own, such as the one that compacts, have no type and never say that they begin.
  const isInternal = payload.agentType === undefined && drafting.sitting !== undefined;
  if (isInternal && !drafting.open.some(({ id }) => id === subagent)) return [];
  const ended = endOpen(
    drafting,
    (open) => open.scope === scope && open.id !== subagent && open.kind === 'tool_use',
    'the subagent stopped',
  );
  forget(drafting, subagent);
  return [
    ...ended,
    eventOf(drafting, {
      type: 'post_agent_loop',
      id: repeatable(drafting, 'end', subagent, payload.prompt ?? ''),
      call: subagent,
      data: {
        background_tasks: tasksIn(drafting),
        'gen_ai.output.messages': contentOf(drafting, 'last_assistant_message', (value) =>
          messages('assistant', value),
        ),
      },
      result: { success: true },
    }),
  ];
};

/** Compaction, and a question of an MCP server to the person: they begin and end, but have no id of their own. */
const pairEvents = (
  drafting: Drafting,
  kind: 'compaction' | 'interrupt',
  plain: readonly string[],
): readonly EventJson[] => {
  const { payload, around, scope } = drafting;
  const begins = payload.event === 'PreCompact' || payload.event === 'Elicitation';
  const id = textIn(payload.fields, 'elicitation_id', 200);
  const call = id ?? `${kind}:${scope || (payload.prompt ?? payload.session)}`;
  if (begins) remember(drafting, { id: call, kind });
  else forget(drafting, call);
  return [
    eventOf(drafting, {
      type: `${begins ? 'pre' : 'post'}_${kind}`,
      id: repeatable(drafting, begins ? kind : 'end', id),
      call,
      parent: around,
      data: {
        ...plainMembers(payload.fields, plain),
        custom_instructions: contentOf(drafting, 'custom_instructions'),
        compact_summary: contentOf(drafting, 'compact_summary'),
        message: contentOf(drafting, 'message'),
        content: contentOf(drafting, 'content'),
      },
      ...(begins ? {} : { result: { success: true } }),
    }),
  ];
};

const sessionEnds = (drafting: Drafting): readonly EventJson[] => {
  const ended = endOpen(drafting, () => true, 'the session ended');
  for (const { id } of drafting.open) forget(drafting, id);
  return [...ended, ...pointEvents(drafting)];
};

const elicitation = ['mcp_server_name', 'mode', 'action'];

const eventsOf = (drafting: Drafting): readonly EventJson[] => {
  switch (drafting.payload.event) {
    case 'UserPromptSubmit':
      return promptBegins(drafting);
    case 'Stop':
    case 'StopFailure':
      return promptEnds(drafting);
    case 'SubagentStart':
      return subagentBegins(drafting);
    case 'SubagentStop':
      return subagentEnds(drafting);
    case 'PreToolUse':
    case 'PostToolUse':
    case 'PostToolUseFailure':
    case 'PermissionDenied':
    case 'PostToolBatch':
      return toolEvents(drafting);
    case 'PreCompact':
    case 'PostCompact':
      return pairEvents(drafting, 'compaction', ['trigger']);
    case 'Elicitation':
    case 'ElicitationResult':
      return pairEvents(drafting, 'interrupt', elicitation);
    case 'SessionEnd':
      return sessionEnds(drafting);
    // A message is shown in many pieces; the last one says that it is complete.
    case 'MessageDisplay':
      return drafting.payload.fields.final === true ? pointEvents(drafting) : [];
    // Every other event, also those that are not known yet, is a point in time.
    default:
      return pointEvents(drafting);
  }
};

/**
 * The events that one hook of Claude Code stands for, as the contract writes them: mostly one, several where it also ends
 * what got no end of its own, none for the pieces of a message. Undefined where `payload` is no hook of Claude Code.
 * A payload that comes again gives the same event ids where it can be told from all others. Never throws on parsed JSON.
 */
export const claudeCodeEvents = (
  payload: unknown,
  options: ClaudeCodeOptions,
): readonly EventJson[] | undefined => {
  const read = readPayload(payload);
  if (read === undefined) return undefined;
  const sitting = sittingEvents(draftingOf(read, options));
  const isToldBySitting = sitting.length > 0 && read.event === 'SessionStart';
  return isToldBySitting ? sitting : [...sitting, ...eventsOf(draftingOf(read, options))];
};
