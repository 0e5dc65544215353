import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accepted, spansOf, treeOf } from '../testing/tree.js';
import { claudeCodeEvents, openCallsInMemory, type OpenCall } from '../index.js';

const names = [
  ...['PreToolUse', 'PostToolUse', 'PostToolUseFailure', 'PostToolBatch', 'Notification', 'UserPromptSubmit'],
  ...[
    'UserPromptExpansion',
    'SessionStart',
    'SessionEnd',
    'Stop',
    'StopFailure',
    'SubagentStart',
    'SubagentStop',
  ],
  ...[
    'PreCompact',
    'PostCompact',
    'PreModelSwitch',
    'PostModelSwitch',
    'PermissionRequest',
    'PermissionDenied',
  ],
  ...[
    'Setup',
    'TeammateIdle',
    'TaskCreated',
    'TaskCompleted',
    'Elicitation',
    'ElicitationResult',
    'ConfigChange',
  ],
  ...[
    'WorktreeCreate',
    'WorktreeRemove',
    'InstructionsLoaded',
    'CwdChanged',
    'FileChanged',
    'DirectoryAdded',
  ],
  ...['MessageDisplay', 'PreSomethingNew', 'PostÜnknown', 'x'],
];

const session = '0b9c3f2e-5a6d-4c1b-8e7f-112233445566';
const options = () => {
  let ids = 0;
  return { receivedAt: 1_795_400_000, newId: () => `fresh-${(ids += 1)}` };
};

describe('a hook of Claude Code', () => {
  it.each(names)('gives events that the contract takes: %s', (hook_event_name) => {
    const payload = { hook_event_name, session_id: session, prompt_id: 'p', tool_use_id: 't', final: true };
    const events = claudeCodeEvents(payload, options()) ?? [];
    expect(events.length).toBeGreaterThan(0);
    for (const event of events) expect(accepted(event).traceId).toBe(session);
  });

  it('is a point in time where nobody has heard of it, with nothing of what it holds', () => {
    const payload = { hook_event_name: 'PreSomethingNew', session_id: session, secret_text: 'x' };
    expect(claudeCodeEvents(payload, { ...options(), captureContent: true })).toMatchObject([
      { event_type: 'hook_pre_something_new', data: { 'gen_ai.conversation.id': session } },
    ]);
    expect(JSON.stringify(claudeCodeEvents(payload, { ...options(), captureContent: true }))).not.toContain(
      'secret_text',
    );
  });

  it.each([null, 3, 'x', [], {}, { session_id: 's' }, { hook_event_name: 'Stop' }, { session_id: 1 }])(
    'is told from what is none: %p',
    (payload) => {
      expect(claudeCodeEvents(payload, options())).toBeUndefined();
    },
  );

  it('gives valid events whatever its members are, and never throws', () => {
    const member = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 700 }));
    const fields = [
      ...['prompt_id', 'agent_id', 'agent_type', 'tool_name', 'tool_input', 'tool_use_id', 'tool_response'],
      ...['error', 'reason', 'duration_ms', 'tool_calls', 'background_tasks', 'prompt', 'source', 'effort'],
      ...[
        'permission_mode',
        'elicitation_id',
        'task_id',
        'message_id',
        'mcp_server',
        'cwd',
        'final',
        '__proto__',
      ],
    ];
    const payload = fc.record({
      hook_event_name: fc.constantFrom(...names),
      session_id: fc.oneof(fc.constant(session), fc.string({ minLength: 1, maxLength: 300, unit: 'binary' })),
      members: fc.dictionary(fc.constantFrom(...fields), member),
    });
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 8 }), fc.boolean(), (payloads, captureContent) => {
        const calls = openCallsInMemory();
        for (const { members, ...base } of payloads)
          for (const event of claudeCodeEvents(
            { ...members, ...base },
            { ...options(), calls, captureContent },
          ) ?? [])
            accepted(event);
      }),
      { numRuns: 300 },
    );
  });

  it('gives every end of one call the same id, so that the first one counts', () => {
    const end = (hook_event_name: string) =>
      claudeCodeEvents(
        { hook_event_name, session_id: session, tool_use_id: 'toolu_1', tool_name: 'Bash', error: 'e' },
        options(),
      )?.[0]?.event_id;
    expect(end('PostToolUse')).toBe(end('PostToolUseFailure'));
    expect(end('PostToolUse')).toBe(end('PermissionDenied'));
  });

  it('stands under what opened last where nothing is remembered', () => {
    const told = [
      { hook_event_name: 'UserPromptSubmit' },
      { hook_event_name: 'PreToolUse', tool_name: 'Agent', tool_use_id: 't1', tool_input: {} },
      { hook_event_name: 'SubagentStart', agent_id: 'a1', agent_type: 'Explore' },
      { hook_event_name: 'PreToolUse', tool_name: 'Read', tool_use_id: 't2', agent_id: 'a1' },
      { hook_event_name: 'PostToolUse', tool_name: 'Read', tool_use_id: 't2', agent_id: 'a1' },
      { hook_event_name: 'SubagentStop', agent_id: 'a1', agent_type: 'Explore' },
      { hook_event_name: 'PostToolUse', tool_name: 'Agent', tool_use_id: 't1' },
      { hook_event_name: 'Stop' },
    ];
    const events = told.flatMap(
      (each, index) =>
        claudeCodeEvents(
          { session_id: session, prompt_id: 'p1', ...each },
          { receivedAt: 1_795_400_000 + index, newId: () => `fresh-${index}` },
        ) ?? [],
    );
    expect(treeOf(spansOf(events, 'operations'))).toBe(
      [
        'invoke_agent claude-code',
        '  execute_tool Agent',
        '    invoke_agent Explore',
        '      execute_tool Read',
        '',
      ].join('\n'),
    );
  });
});

describe('what is open, in memory', () => {
  const call = (id: string, of = session): OpenCall => ({
    session: of,
    id,
    kind: 'tool_use',
    agent: 'a',
    trace: of,
    scope: '',
  });

  it('is bounded: the oldest calls and the quietest sessions go', () => {
    const calls = openCallsInMemory({ maxSessions: 2, maxCalls: 2 });
    for (const id of ['1', '2', '3']) calls.open(call(id));
    expect(calls.of(session).map(({ id }) => id)).toEqual(['2', '3']);
    calls.open(call('x', 'other'));
    calls.open(call('4'));
    calls.open(call('y', 'third'));
    expect(calls.of('other')).toEqual([]);
    expect(calls.of(session).map(({ id }) => id)).toEqual(['3', '4']);
  });

  it('is closed once', () => {
    const calls = openCallsInMemory();
    calls.open(call('1'));
    expect(calls.close(session, '1')).toMatchObject({ id: '1' });
    expect(calls.close(session, '1')).toBeUndefined();
  });
});
