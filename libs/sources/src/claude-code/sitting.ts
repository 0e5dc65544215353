import type { EventJson } from '@kaizen-trace/contracts';
import { contentOf, eventOf, plainMembers, type Drafting, type OuterCall } from './drafting.js';
import { points } from './points.js';

/** After compaction the same sitting goes on; a prompt from within another operation belongs there. */
const begins = ({ payload, sitting }: Drafting, outer: OuterCall | undefined): boolean => {
  if (sitting === undefined) return true;
  switch (payload.event) {
    case 'SessionStart':
      return payload.fields.source !== 'compact';
    case 'UserPromptSubmit':
      return outer !== undefined && (outer.traceId !== sitting.trace || outer.callId !== sitting.call);
    default:
      return false;
  }
};

/**
 * One sitting of a session: what its prompts stand under, so that none of them gets into what an earlier one left running.
 * It has no length: that a session has ended is told reliably by nothing. A session that is resumed has several. Made at
 * the first event that is seen, where what is open is remembered; a trace of one prompt needs none.
 */
export const sittingEvents = (drafting: Drafting): readonly EventJson[] => {
  const { payload, options, agent } = drafting;
  if (options.calls === undefined || options.trace === 'prompt') return [];
  const outer = options.within?.();
  if (!begins(drafting, outer)) return [];
  const main = payload.subagent === undefined ? agent : (options.agentId ?? 'claude-code');
  const id = `session:${options.newId()}`;
  const trace = outer?.traceId ?? payload.session;
  if (drafting.sitting !== undefined) options.calls.close(payload.session, drafting.sitting.id);
  options.calls.open({
    session: payload.session,
    id,
    kind: 'session',
    agent: main,
    trace,
    scope: '',
    ...(outer?.callId === undefined ? {} : { call: outer.callId }),
  });
  const isStart = payload.event === 'SessionStart';
  const parts = { call: id, agent: main, trace, parent: outer?.callId };
  return [
    eventOf(drafting, {
      ...parts,
      type: 'pre_session',
      data: {
        ...plainMembers(payload.fields, ['cwd']),
        ...(isStart ? plainMembers(payload.fields, points.get('SessionStart')?.plain ?? []) : {}),
        session_title: isStart ? contentOf(drafting, 'session_title') : undefined,
      },
    }),
    eventOf(drafting, { ...parts, type: 'post_session' }),
  ];
};
