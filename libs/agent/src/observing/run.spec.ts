import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { record, type Recording } from '../testing/recording.js';
import { createTrace, type Trace } from './trace.js';

let recording: Recording;
let trace: Trace;

beforeEach(() => {
  recording = record();
  trace = createTrace((run) => run?.speaker ?? recording.speaker);
});

const traces = (): ReadonlySet<string> => new Set(recording.events.map(({ traceId }) => traceId));

describe('a run', () => {
  it('has one trace, whose operations lie where they were called', async () => {
    const search = trace.tool('search', async () => {
      await sleep(1);
    });
    const ask = trace.llm('claude', () => 'text');
    const plan = trace.operation('plan_generation', async () => {
      await ask();
    });
    const loop = trace.agent(async () => {
      await plan();
      await search();
      await trace.event('user_message', { chars: 3 });
    });
    await loop();
    expect(traces().size).toBe(1);
    expect(recording.tree()).toBe(
      [
        'agent_loop (agent)',
        '  plan_generation (agent)',
        '    llm_call:claude (agent)',
        '  tool_use:search (agent)',
        '  user_message (agent)',
      ].join('\n'),
    );
  });

  it('keeps the calls apart that run at the same time, whatever they wait for', async () => {
    const leaf = trace.llm('leaf', async (ms: number) => {
      await sleep(ms);
    });
    const tool = trace.tool('tool', async (n: number) => {
      await sleep((n * 7) % 5);
      await Promise.all([
        leaf(n % 3),
        new Promise<void>((resolve) => setTimeout(() => void leaf(1).then(resolve), n % 4)),
      ]);
    });
    const loop = trace.agent(async () => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => tool(n)));
    });
    await Promise.all([loop(), loop(), loop()]);
    expect(traces().size).toBe(3);
    const pres = recording.events.filter(({ eventType }) => eventType.startsWith('pre_'));
    const byCall = new Map(pres.map((event) => [event.callId, event]));
    for (const event of pres) {
      const parent = byCall.get(event.parentCallId);
      expect(parent?.eventType).toBe(
        { pre_agent_loop: undefined, pre_tool_use: 'pre_agent_loop', pre_llm_call: 'pre_tool_use' }[
          event.eventType as 'pre_tool_use'
        ],
      );
      if (parent !== undefined) expect(parent.traceId).toBe(event.traceId);
    }
    const tools = pres.filter(({ eventType }) => eventType === 'pre_tool_use');
    for (const { callId } of tools)
      expect(pres.filter(({ parentCallId }) => parentCallId === callId)).toHaveLength(2);
  });

  it('goes on in what begins only when it is awaited', async () => {
    const query = trace.operation('query', async () => {
      await sleep(1);
    });
    const lazy = trace.tool('database', () => ({
      then: (done: (rows: number) => void, failed: () => void) => void query().then(() => done(3), failed),
    }));
    expect(await trace.agent(async () => lazy())()).toBe(3);
    expect(recording.tree()).toBe(
      ['agent_loop (agent)', '  tool_use:database (agent)', '    query (agent)'].join('\n'),
    );
  });

  it('goes on in what it started and did not wait for', async () => {
    const late = trace.tool('late', () => 1);
    let done: Promise<unknown> = Promise.resolve();
    await trace.agent(() => {
      done = new Promise((resolve) => setTimeout(() => resolve(late()), 10));
    })();
    await done;
    expect(recording.tree()).toBe('agent_loop (agent)\n  tool_use:late (agent)');
  });

  it('of its own each, where one follows the other', async () => {
    const tool = trace.tool('t', () => 1);
    await tool();
    await tool();
    expect(traces().size).toBe(2);
  });

  it('may be given its trace id, of any form', async () => {
    const tool = trace.tool('t', () => 1);
    expect(await trace.run({ traceId: 'order 4711' }, tool)).toBe(1);
    expect([...traces()]).toEqual(['order 4711']);
  });

  it.each([['', 5, null, 'x'.repeat(257)]].flat())(
    'passes over a trace id that is none (%p): that is told',
    async (traceId) => {
      const headers = trace.run({ traceId: traceId as string }, () => trace.headers());
      expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-/);
      await trace.run({ traceId: traceId as string }, () => trace.event('note'));
      expect([...traces()]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
      expect(recording.problems.join()).toContain('traceId');
    },
  );

  it('without operations around them holds several together', async () => {
    const tool = trace.tool('t', () => 1);
    await trace.run({}, async () => {
      await tool();
      await tool();
    });
    expect(traces().size).toBe(1);
    expect(recording.tree()).toBe('tool_use:t (agent)\ntool_use:t (agent)');
  });

  it('gives back what the function gives, as it is', () => {
    expect(trace.run({}, () => 42)).toBe(42);
  });

  it('is told with the agent that each part runs for', async () => {
    const inner = trace.tool('inner', () => 1);
    const worker = trace.agent(inner, { agentId: 'worker' });
    await trace.agent(worker, { agentId: 'boss' })();
    expect(recording.tree()).toBe('agent_loop (boss)\n  agent_loop (worker)\n    tool_use:inner (worker)');
  });
});
