import type { HookContext } from '../hooks/hook-context.js';
import { HookManager } from '../hooks/hook-manager.js';
import type { Speaker } from '../observing/run.js';

/** An agent whose events are kept, in the order in which they came. */
export interface Recording {
  readonly hookManager: HookManager;
  readonly speaker: Speaker;
  readonly events: HookContext[];
  readonly problems: string[];
  /** The events' types and names, as in `pre_tool_use:search`. */
  readonly names: () => readonly string[];
  /** The operations as a tree, one line each, indented under their parents, children in the order of their beginning. */
  readonly tree: () => string;
  readonly post: (name: string) => HookContext;
}

const nameOf = ({ data }: HookContext): unknown => data.tool_name ?? data.model;

const shown = (event: HookContext): string => {
  const name = nameOf(event);
  return typeof name === 'string' ? `${event.eventType}:${name}` : event.eventType;
};

const treeOf = (events: readonly HookContext[]): string => {
  const begun = events.filter(({ eventType }) => !eventType.startsWith('post_'));
  const known = new Set(begun.map(({ callId }) => callId));
  const lines = (parent: string | undefined, indent: string): readonly string[] =>
    begun
      .filter(({ parentCallId }) => (known.has(parentCallId) ? parentCallId : undefined) === parent)
      .flatMap((event) => [
        `${indent}${shown(event).replace('pre_', '')} (${event.agentId})`,
        ...(event.callId === undefined ? [] : lines(event.callId, `${indent}  `)),
      ]);
  return lines(undefined, '').join('\n');
};

/** A hook manager with one hook, and whom the wrappers speak for. */
export const record = (agentId = 'agent'): Recording => {
  const hookManager = new HookManager();
  const events: HookContext[] = [];
  const problems: string[] = [];
  hookManager.registerHook({ name: 'recording', handle: (context) => void events.push(context) });
  return {
    hookManager,
    events,
    problems,
    speaker: {
      receiver: hookManager,
      agentId,
      serviceName: undefined,
      tellProblem: (_, message) => void problems.push(message),
    },
    names: () => events.map(shown),
    tree: () => treeOf(events),
    post: (name) =>
      events.find((event) => event.eventType.startsWith('post_') && shown(event).endsWith(name))!,
  };
};
