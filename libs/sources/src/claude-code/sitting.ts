import type { EventJson } from '@kaizen-trace/contracts';
import { contentOf, eventOf, plainMembers, type Drafting } from './drafting.js';
import { points } from './points.js';

/** After compaction the same sitting goes on. */
const begins = ({ payload, session }: Drafting): boolean =>
  session === undefined || (payload.event === 'SessionStart' && payload.fields.source !== 'compact');

/**
 * One sitting of a session: what its prompts stand under, so that none of them gets into what an earlier one left running.
 * It has no length: that a session has ended is told reliably by nothing. A session that is resumed has several. Made at
 * the first event that is seen, where what is open is remembered; a trace of one prompt needs none.
 */
export const sittingEvents = (drafting: Drafting): readonly EventJson[] => {
  const { payload, options, agent, trace } = drafting;
  if (options.calls === undefined || options.trace === 'prompt' || !begins(drafting)) return [];
  const main = payload.subagent === undefined ? agent : (options.agentId ?? 'claude-code');
  const id = `session:${options.newId()}`;
  if (drafting.session !== undefined) options.calls.close(payload.session, drafting.session);
  options.calls.open({ session: payload.session, id, kind: 'session', agent: main, trace, scope: '' });
  const isStart = payload.event === 'SessionStart';
  const parts = { call: id, agent: main };
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
