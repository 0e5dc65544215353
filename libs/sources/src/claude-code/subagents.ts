import type { Drafting } from './drafting.js';
import type { OpenCalls } from './open-calls.js';
import { objectIn, textIn } from './payload.js';

/** The tools that start subagents; older releases called it Task. */
const spawning = new Set(['Agent', 'Task']);

/** Whether a call of this tool starts a subagent. */
export const startsSubagent = (tool: string | undefined): boolean => tool !== undefined && spawning.has(tool);

const spawnId = (call: string): string => `spawn:${call}`;
const linkId = (subagent: string): string => `link:${subagent}`;

/** A call that will start a subagent, of a type that it names. */
export const awaitSubagent = ({ payload, options, ...drafting }: Drafting, call: string): void => {
  const type = textIn(objectIn(payload.fields, 'tool_input'), 'subagent_type', 128);
  options.calls?.open({
    session: payload.session,
    id: spawnId(call),
    kind: 'spawn',
    agent: drafting.agent,
    trace: drafting.trace,
    scope: drafting.scope,
    call,
    ...(type === undefined ? {} : { name: type }),
  });
};

/** The subagent's id, which its call's result has: sure, but mostly too late. */
export const subagentOf = ({ payload }: Drafting): string | undefined =>
  textIn(objectIn(payload.fields, 'tool_response'), 'agentId', 200);

/** The call has its result. Where the subagent has not begun yet, it will find its call by its id. */
export const settleSubagent = (drafting: Drafting, call: string): void => {
  const { payload, options } = drafting;
  const spawn = options.calls?.close(payload.session, spawnId(call));
  const subagent = subagentOf(drafting);
  if (spawn !== undefined && subagent !== undefined)
    options.calls?.open({ ...spawn, id: linkId(subagent), kind: 'link' });
};

/**
 * The call under which a subagent begins: the one that named it, else the oldest that awaits a subagent of its type, else
 * the oldest that names no type. No event says it in time. Undefined where nothing is remembered: what opened last is
 * taken then.
 */
export const callOfSubagent = (
  { payload, options, open }: Drafting,
  subagent: string,
): string | undefined => {
  const { calls } = options;
  if (calls === undefined) return undefined;
  const link = calls.close(payload.session, linkId(subagent));
  if (link !== undefined) return link.call;
  const awaiting = open.filter(({ kind }) => kind === 'spawn');
  const ofType = awaiting.filter(({ name }) => name === payload.agentType);
  const ofAny = awaiting.filter(({ name }) => name === undefined);
  // Another process may have taken one meanwhile.
  const taken = [...ofType, ...ofAny].find(({ id }) => calls.close(payload.session, id) !== undefined);
  // Skills and the like start subagents too: the newest call of the main agent is the likeliest.
  return (
    taken?.call ??
    open.findLast(({ kind, scope }) => kind === 'tool_use' && scope === '')?.id ??
    payload.prompt
  );
};

/** Says for sure under which call a subagent runs, before it begins: the SDK's messages know. */
export const linkSubagent = (
  calls: OpenCalls,
  { session, subagent, call }: { readonly session: string; readonly subagent: string; readonly call: string },
): void => {
  if (calls.of(session).some(({ id, kind }) => id === subagent && kind === 'agent_loop')) return;
  const spawn = calls.close(session, spawnId(call));
  calls.open({
    agent: '',
    trace: session,
    scope: '',
    ...spawn,
    session,
    id: linkId(subagent),
    kind: 'link',
    call,
  });
};
