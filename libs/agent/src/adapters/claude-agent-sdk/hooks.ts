import { claudeCodeEvents } from '@kaizen-trace/sources';
import { nowSeconds } from '../../clock.js';
import { createEmitter } from '../framework/emitter.js';
import { compileOptions } from '../framework/options.js';
import { initOf } from './event-init.js';
import { openCallsOf, type ClaudeAgentOptions } from './options.js';

/**
 * The events that are followed: all that the SDK has, but for `WorktreeCreate`, since a hook of that event has to make the
 * worktree itself, and `MessageDisplay`, which says only what appears on a screen.
 */
const followed = [
  ...(['PreToolUse', 'PostToolUse', 'PostToolUseFailure', 'PostToolBatch'] as const),
  ...(['Notification', 'UserPromptSubmit', 'UserPromptExpansion', 'SessionStart', 'SessionEnd'] as const),
  ...(['Stop', 'StopFailure', 'SubagentStart', 'SubagentStop', 'PreCompact', 'PostCompact'] as const),
  ...(['PreModelSwitch', 'PostModelSwitch', 'PermissionRequest', 'PermissionDenied', 'Setup'] as const),
  ...(['TeammateIdle', 'TaskCreated', 'TaskCompleted', 'Elicitation', 'ElicitationResult'] as const),
  ...(['ConfigChange', 'WorktreeRemove', 'InstructionsLoaded', 'CwdChanged', 'FileChanged'] as const),
  'DirectoryAdded' as const,
];

/** An event of the Claude Agent SDK that is followed. */
export type ClaudeHookEvent = (typeof followed)[number];

/** One entry of the SDK's `options.hooks`, for every occurrence of its event. */
export interface ClaudeHookMatcher {
  hooks: ((input: unknown) => Promise<Record<string, never>>)[];
}

/** What goes into the SDK's `options.hooks`. */
export type ClaudeAgentHooks = Record<ClaudeHookEvent, ClaudeHookMatcher[]>;

/**
 * Hooks for the Claude Agent SDK: `query({ prompt, options: { hooks: claudeAgentHooks({ receiver }) } })`. Each answers at
 * once with an empty object, which decides nothing, and never throws. To have your own hooks beside them, add to the lists.
 * What hooks cannot see, calls of the model and what a run cost, {@link observeMessages} adds.
 *
 * @throws TypeError where there is no receiver.
 */
export const claudeAgentHooks = (options: ClaudeAgentOptions): ClaudeAgentHooks => {
  const compiled = compileOptions(options);
  const { safely, emit } = createEmitter('Claude Agent SDK adapter', compiled);
  const calls = openCallsOf(options.receiver);
  const follow = (input: unknown): void => {
    const events = claudeCodeEvents(input, {
      receivedAt: nowSeconds(),
      newId: () => crypto.randomUUID(),
      calls,
      within: compiled.within,
      trace: options.trace,
      captureContent: compiled.captureContent,
      agentId: compiled.agentId,
      serviceName: options.serviceName,
    });
    for (const event of events ?? []) emit(initOf(event));
  };
  const hook = (input: unknown): Promise<Record<string, never>> => {
    safely('reading a hook', () => follow(input));
    return Promise.resolve({});
  };
  const matchers = followed.map((event): [ClaudeHookEvent, ClaudeHookMatcher[]] => [
    event,
    [{ hooks: [hook] }],
  ]);
  return Object.fromEntries(matchers) as ClaudeAgentHooks;
};
