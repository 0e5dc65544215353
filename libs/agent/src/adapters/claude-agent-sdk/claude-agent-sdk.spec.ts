import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readEvent, micros } from '@kaizen-trace/contracts';
import { eventLine } from '../../publishing/event-line.js';
import { record } from '../../testing/recording.js';
import { recordOf } from '../framework/fields.js';
import { claudeAgentHooks, observeMessages } from './index.js';

interface Happening {
  readonly at: number;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly message?: Readonly<Record<string, unknown>>;
}

const linesOf = (name: string): readonly unknown[] =>
  readFileSync(new URL(`../../../../sources/fixtures/claude-code/${name}.ndjson`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

/** What hooks and messages told of one real session, in the order of their times. */
const recorded = (): readonly Happening[] => {
  let last = 0;
  const messages = linesOf('messages').map((value): Happening => {
    const message = recordOf(value);
    const told = typeof message.timestamp === 'string' ? Date.parse(message.timestamp) / 1_000 : 0;
    last = Math.max(last, told);
    return { at: last, message };
  });
  return [...(linesOf('recorded') as readonly Happening[]), ...messages].sort((a, b) => a.at - b.at);
};

/** Plays a session back as the SDK would: hooks are called while the messages are read. */
const play = async (happenings: readonly Happening[], agent = record()) => {
  const options = {
    receiver: agent.hookManager,
    onProblem: (text: string) => void agent.problems.push(text),
  };
  const hooks = claudeAgentHooks(options);
  async function* messages() {
    for (const { payload, message } of happenings) {
      await Promise.resolve();
      if (message !== undefined) yield message;
      const name = payload?.hook_event_name as keyof typeof hooks | undefined;
      for (const { hooks: callbacks } of name !== undefined && name in hooks ? hooks[name] : [])
        for (const callback of callbacks) expect(await callback(payload)).toEqual({});
    }
  }
  const seen: unknown[] = [];
  for await (const message of observeMessages(messages(), options)) seen.push(message);
  return { agent, seen };
};

const countOf = async (messages: AsyncIterable<unknown>): Promise<number> => {
  let count = 0;
  const iterator = messages[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true) count += 1;
  return count;
};

describe('the Claude Agent SDK', () => {
  it('gives the tree of a recorded session: prompts, tools, subagents and every answer of a model', async () => {
    const { agent } = await play(recorded());
    expect(agent.tree()).toBe(
      [
        'session (claude-code)',
        '  agent_loop (claude-code)',
        '    llm_call:claude-sonnet-4-5 (claude-code)',
        '    tool_use:Read (claude-code)',
        '    tool_use:Bash (claude-code)',
        '    tool_batch (claude-code)',
        '    llm_call:claude-sonnet-4-5 (claude-code)',
        '    tool_use:Write (claude-code)',
        '      permission_request:Write (claude-code)',
        '    tool_batch (claude-code)',
        '    llm_call:claude-sonnet-4-5 (claude-code)',
        '    tool_use:Agent (claude-code)',
        '      agent_loop (general-purpose)',
        '        llm_call:claude-sonnet-4-5 (general-purpose)',
        '        tool_use:Read (general-purpose)',
        '        tool_batch (general-purpose)',
        '    tool_use:Agent (claude-code)',
        '      agent_loop (Explore)',
        '        llm_call:claude-sonnet-4-5 (Explore)',
        '        tool_use:Bash (Explore)',
        '        tool_batch (Explore)',
        '    tool_batch (claude-code)',
        '    llm_call:claude-sonnet-4-5 (claude-code)',
        '    run_result (claude-code)',
        '  compaction (claude-code)',
        '  session_start:claude-sonnet-4-5 (claude-code)',
        '  agent_loop (claude-code)',
        '    llm_call:claude-sonnet-4-5 (claude-code)',
        '    run_result (claude-code)',
      ].join('\n'),
    );
    expect(agent.problems).toEqual([]);
  });

  it('passes every message on, the same and in its order', async () => {
    const happenings = recorded();
    const { seen } = await play(happenings);
    const given = happenings.flatMap(({ message }) => (message === undefined ? [] : [message]));
    expect(seen).toHaveLength(given.length);
    seen.forEach((message, index) => expect(message).toBe(given[index]));
  });

  it('tells events that the contract takes, each operation with its end, and no content unless asked', async () => {
    const { agent } = await play(recorded());
    const counts = new Map<string, number>();
    for (const event of agent.events) {
      const reading = readEvent(JSON.parse(eventLine(event)) as unknown, {
        now: () => micros(0n),
        newId: () => 'x',
        newTraceId: () => 'x',
      });
      expect(reading).toMatchObject({ type: 'accepted' });
      const [, phase, kind] = /^(pre|post)_(.*)$/.exec(event.eventType) ?? [];
      const key = `${String(kind)} ${String(event.callId)}`;
      if (phase !== undefined) counts.set(key, (counts.get(key) ?? 0) + (phase === 'pre' ? 1 : -1));
    }
    expect([...counts.values()].every((balance) => balance === 0)).toBe(true);
    expect(JSON.stringify(agent.events)).not.toMatch(/MAIN-|SUBTASK|All done/);
  });

  it('counts what the cache gave as input, and tells what a run cost', async () => {
    const { agent } = await play(recorded());
    const call = agent.events.find(({ eventType }) => eventType === 'post_llm_call');
    expect(call?.data).toMatchObject({
      model: 'claude-sonnet-4-5',
      input_tokens: 420,
      'gen_ai.usage.cache_read.input_tokens': 300,
      'gen_ai.usage.cache_write.input_tokens': 20,
    });
    const result = agent.events.find(({ eventType }) => eventType === 'run_result');
    expect(result?.data.total_cost_usd).toBeGreaterThan(0);
    expect(result?.data['gen_ai.usage.output_tokens']).toBeGreaterThan(0);
  });

  it('takes a query without hooks as one run', async () => {
    const { agent } = await play(
      recorded()
        .filter(({ message }) => message !== undefined)
        .slice(0, 9),
    );
    expect(agent.tree()).toBe(
      [
        'agent_loop (claude-agent)',
        '  llm_call:claude-sonnet-4-5 (claude-agent)',
        '  llm_call:claude-sonnet-4-5 (claude-agent)',
        '  llm_call:claude-sonnet-4-5 (claude-agent)',
      ].join('\n'),
    );
    expect(agent.names().filter((name) => name === 'post_agent_loop')).toHaveLength(1);
  });

  it('belongs under the operation around it, in its trace', async () => {
    const agent = record();
    const hooks = claudeAgentHooks({
      receiver: agent.hookManager,
      within: () => ({ traceId: 'outer', callId: 'outer-call' }),
    });
    const base = { session_id: 's', prompt_id: 'p' };
    await hooks.UserPromptSubmit[0]?.hooks[0]?.({ ...base, hook_event_name: 'UserPromptSubmit' });
    await hooks.Stop[0]?.hooks[0]?.({ ...base, hook_event_name: 'Stop' });
    expect(agent.events.map(({ traceId }) => traceId)).toEqual(agent.events.map(() => 'outer'));
    expect(agent.events[0]).toMatchObject({ eventType: 'pre_session', parentCallId: 'outer-call' });
  });

  it('tells the tokens and the end of an answer where messages come in part', async () => {
    const agent = record();
    const frame = { type: 'stream_event', session_id: 's', parent_tool_use_id: null };
    const usage = { input_tokens: 5, output_tokens: 1 };
    async function* messages() {
      await Promise.resolve();
      yield { ...frame, event: { type: 'message_start', message: { id: 'm', model: 'x', usage } } };
      yield {
        ...frame,
        event: { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 42 } },
      };
      yield { type: 'result', session_id: 's', is_error: true, subtype: 'error_max_turns', modelUsage: {} };
    }
    expect(await countOf(observeMessages(messages(), { receiver: agent.hookManager }))).toBe(3);
    expect(agent.post('llm_call:x').data).toMatchObject({
      input_tokens: 5,
      output_tokens: 42,
      'gen_ai.response.finish_reasons': ['end_turn'],
    });
    expect(agent.post('agent_loop').result).toMatchObject({ success: false, error: 'error_max_turns' });
  });

  it('ends the query where its reader ends, and passes on what the query throws', async () => {
    let ended = false;
    async function* endless() {
      try {
        for (;;) {
          await Promise.resolve();
          yield { type: 'assistant', session_id: 's', message: { id: 'm', model: 'x' } };
        }
      } finally {
        ended = true;
      }
    }
    const agent = record();
    for await (const message of observeMessages(endless(), { receiver: agent.hookManager })) {
      expect(message.type).toBe('assistant');
      break;
    }
    expect(ended).toBe(true);
    expect(agent.names().at(-1)).toBe('post_agent_loop');
    const failing: AsyncIterable<unknown> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('the query failed')) }),
    };
    const observed = observeMessages(failing, { receiver: agent.hookManager });
    await expect(observed.next()).rejects.toThrow('the query failed');
  });

  it('never throws into the agent, whatever comes and whatever the receiver does', async () => {
    const problems: string[] = [];
    const receiver = {
      handle: () => {
        throw new Error('secret');
      },
    };
    const options = { receiver, onProblem: (text: string) => void problems.push(text) };
    const [matcher] = claudeAgentHooks(options).PreToolUse;
    for (const input of [undefined, null, 3, {}, { session_id: 's', hook_event_name: 'PreToolUse' }])
      expect(await matcher?.hooks[0]?.(input)).toEqual({});
    async function* strange() {
      await Promise.resolve();
      yield* [null, 1, 'x', { type: 'assistant' }, { type: 'assistant', session_id: 's', message: 7 }];
      yield { type: 'assistant', session_id: 's', message: { id: 'm' } };
    }
    expect(await countOf(observeMessages<unknown>(strange(), options))).toBe(6);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join()).not.toContain('secret');
  });

  it('wants a receiver, and leaves the making of worktrees alone', () => {
    expect(() => claudeAgentHooks({ receiver: {} as never })).toThrow(TypeError);
    expect(Object.keys(claudeAgentHooks({ receiver: record().hookManager }))).not.toContain('WorktreeCreate');
  });
});
