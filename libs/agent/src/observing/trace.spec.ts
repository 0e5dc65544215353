import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { record, type Recording } from '../testing/recording.js';
import type { Speaker } from './run.js';
import { createTrace, type Trace } from './trace.js';

let recording: Recording;
let trace: Trace;
/** As the trace of an agent that somebody listens to, whose callers may be others. */
const traceOf = (speaker: Speaker): Trace => createTrace(() => speaker);

beforeEach(() => {
  recording = record();
  trace = createTrace((run) => run?.speaker ?? recording.speaker);
});

describe('a wrapped function', () => {
  it('is called between its PRE and its POST, which carry its name and one call_id', async () => {
    const search = trace.tool('search', (query: string) => {
      expect(recording.names()).toEqual(['pre_tool_use:search']);
      return [query];
    });
    expect(await search('dogs')).toEqual(['dogs']);
    const [pre, post] = recording.events;
    expect(recording.names()).toEqual(['pre_tool_use:search', 'post_tool_use:search']);
    expect(pre).toMatchObject({ agentId: 'agent', callId: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(pre!.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(post).toMatchObject({ callId: pre!.callId, traceId: pre!.traceId, result: { success: true } });
    expect(post!.result!.durationMs).toBeGreaterThanOrEqual(0);
  });

  it.each([
    ['tool', () => trace.tool('t', () => 1), 'pre_tool_use:t'],
    ['llm', () => trace.llm('m', () => 1), 'pre_llm_call:m'],
    ['memory', () => trace.memory(() => 1), 'pre_memory_read'],
    ['memory that saves', () => trace.memory(() => 1, { operation: 'save' }), 'pre_memory_save'],
    ['agent', () => trace.agent(() => 1), 'pre_agent_loop'],
    ['operation', () => trace.operation('Plan_Generation', () => 1), 'pre_plan_generation'],
  ])('by %s is an operation of that kind', async (_, wrap, name) => {
    await wrap()();
    expect(recording.names()[0]).toBe(name);
  });

  it('keeps its this, its arguments, its name and its length', async () => {
    class Shop {
      constructor(readonly stock: number) {}
      has = trace.tool('has', function has(this: Shop, count: number, item: string) {
        return item !== '' && this.stock >= count;
      });
    }
    const shop = new Shop(7);
    expect(await shop.has(7, 'pen')).toBe(true);
    expect(await shop.has.call(new Shop(1), 7, 'pen')).toBe(false);
    expect(shop.has.name).toBe('has');
    expect(shop.has.length).toBe(2);
  });

  it('throws the very error that the function throws, and its POST says what and for how long', async () => {
    class QuotaError extends Error {}
    const error = new QuotaError('used up');
    const sync = trace.tool('sync', () => {
      throw error;
    });
    const async = trace.tool('async', async () => {
      await sleep(15);
      throw error;
    });
    await expect(sync()).rejects.toBe(error);
    await expect(async()).rejects.toBe(error);
    expect(recording.post('async').result).toMatchObject({
      success: false,
      error: 'used up',
      errorType: 'QuotaError',
      stack: expect.stringContaining('trace.spec'),
    });
    expect(recording.post('async').result!.durationMs).toBeGreaterThan(10);
  });

  it.each([[undefined], [null], ['text'], [0]])('throws %j, too, as it is', async (thrown: unknown) => {
    await expect(
      trace.tool('odd', () => {
        throw thrown;
      })(),
    ).rejects.toBe(thrown);
    expect(recording.post('odd').result).toMatchObject({ success: false });
  });

  it('has fields of the arguments in its PRE and fields of the value in its POST', async () => {
    const chat = trace.llm(
      'claude',
      (prompt: string) => Promise.resolve({ usage: { in: prompt.length - 2, out: 5 } }),
      {
        data: (prompt) => ({ chars: prompt.length }),
        result: ({ usage }) => ({ input_tokens: usage.in, output_tokens: usage.out, provider: 'anthropic' }),
      },
    );
    await chat('hello');
    expect(recording.events.map(({ data }) => data)).toEqual([
      { model: 'claude', chars: 5 },
      { model: 'claude', input_tokens: 3, output_tokens: 5, provider: 'anthropic' },
    ]);
  });

  it('is not disturbed by functions for its fields that throw: that is told as a problem', async () => {
    const broken = trace.tool('broken', () => 'value', {
      data: () => {
        throw new Error('secret');
      },
      result: () => {
        throw new RangeError('secret');
      },
      callId: () => {
        throw new Error('secret');
      },
    });
    expect(await broken()).toBe('value');
    expect(recording.names()).toHaveLength(2);
    expect(recording.problems).toEqual([
      expect.stringContaining('data function'),
      expect.stringContaining('RangeError'),
    ]);
    expect(recording.problems.join()).not.toContain('secret');
  });

  it('is not disturbed by a getter that throws in what they give', async () => {
    const unreadable = {
      get secret(): string {
        throw new RangeError('secret');
      },
    };
    const broken = trace.tool('broken', () => 'value', { data: () => unreadable, result: () => unreadable });
    expect(await broken()).toBe('value');
    const fixed = trace.tool('fixed', () => 'value', { data: unreadable });
    expect(await fixed()).toBe('value');
    expect(recording.post('broken').result).toMatchObject({ success: true });
    expect(recording.problems).toContainEqual(expect.stringContaining('RangeError'));
  });

  it('may be given its call_id and its agent', async () => {
    const tool = trace.tool('t', (call: { id: string }) => call.id, {
      callId: (call) => call.id,
      agentId: 'other',
    });
    await tool({ id: 'toolu_1' });
    await tool({ id: '' });
    expect(recording.events[0]).toMatchObject({ callId: 'toolu_1', agentId: 'other' });
    expect(recording.events[2]!.callId).toMatch(/^[0-9a-f]{16}$/);
  });

  it('is not disturbed by a hook that throws, rejects or hangs', async () => {
    recording.hookManager.register('pre_tool_use', () => {
      throw new Error('hook');
    });
    recording.hookManager.register('post_tool_use', () => Promise.reject(new Error('hook')));
    expect(await trace.tool('t', () => 'value')()).toBe('value');
  });

  it('is not disturbed by a receiver that breaks its promise not to throw', async () => {
    const broken = {
      handle: () => {
        throw new Error('receiver');
      },
    };
    expect(await traceOf({ ...recording.speaker, receiver: broken }).tool('t', () => 'value')()).toBe(
      'value',
    );
    const rejecting = { handle: () => Promise.reject(new Error('receiver')) };
    expect(await traceOf({ ...recording.speaker, receiver: rejecting }).tool('t', () => 'value')()).toBe(
      'value',
    );
  });

  it('waits for the hooks of its PRE before it runs', async () => {
    const order: string[] = [];
    recording.hookManager.register('pre_tool_use', async () => {
      await sleep(10);
      order.push('hook');
    });
    await trace.tool('t', () => order.push('function'))();
    expect(order).toEqual(['hook', 'function']);
  });

  it('is just called where nobody listens, and its value may be a promise or not', async () => {
    const quiet = createTrace(() => undefined);
    const error = new Error('mine');
    expect(await quiet.tool('t', (n: number) => n + 1)(1)).toBe(2);
    expect(
      await quiet.tool('t', async (n: number) => {
        await sleep(1);
        return n;
      })(1),
    ).toBe(1);
    await expect(
      quiet.tool('t', () => {
        throw error;
      })(),
    ).rejects.toBe(error);
    expect(quiet.headers()).toEqual({});
    await quiet.event('nothing');
  });

  it.each([
    ['no name', () => trace.tool('', () => 1)],
    ['no function', () => trace.tool('t', undefined as never)],
    ['a kind that no event can have', () => trace.operation('with spaces', () => 1)],
  ])('with %s is refused when it is wrapped', (_, wrong) => {
    expect(wrong).toThrow(TypeError);
  });
});

describe('content', () => {
  beforeEach(() => {
    delete process.env.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT;
  });
  afterAll(() => {
    delete process.env.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT;
  });

  it('stays out of events unless it is asked for', async () => {
    await trace.tool('t', (secret: string) => `answer to ${secret}`)('question');
    expect(JSON.stringify(recording.events)).not.toMatch(/question|answer/);
  });

  it.each(['1', 'yes', 'on', 'false', 'true '])('is not asked for by %j', async (value) => {
    process.env.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT = value;
    await trace.tool('t', (secret: string) => `answer to ${secret}`)('question');
    expect(JSON.stringify(recording.events)).not.toMatch(/question|answer/);
  });

  it('of a tool is its arguments and its value as JSON, under the keys of the conventions', async () => {
    await trace.tool('t', (query: object) => ({ hits: 1 + Object.keys(query).length }), {
      captureContent: true,
    })({ query: 'dogs' });
    await trace.tool('two', (one: string, two: number) => 'text'.slice(one.length * two - 6), {
      captureContent: true,
    })('one', 2);
    expect(recording.events.map(({ data }) => data)).toEqual([
      { tool_name: 't', 'gen_ai.tool.call.arguments': '{"query":"dogs"}' },
      { tool_name: 't', 'gen_ai.tool.call.result': '{"hits":2}' },
      { tool_name: 'two', 'gen_ai.tool.call.arguments': '["one",2]' },
      { tool_name: 'two', 'gen_ai.tool.call.result': 'text' },
    ]);
  });

  it('is asked for by the variable of the conventions, unless the operation says no', async () => {
    process.env.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT = 'true';
    await trace.llm('m', (prompt: string) => prompt.replace('question', 'answer'))('question');
    await trace.llm('m', (prompt: string) => prompt, { captureContent: false })('hidden');
    expect(recording.events.map(({ data }) => data).slice(0, 2)).toEqual([
      {
        model: 'm',
        'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"question"}]}]',
      },
      {
        model: 'm',
        'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"answer"}]}]',
      },
    ]);
    expect(JSON.stringify(recording.events)).not.toContain('hidden');
  });

  it('that is no JSON, or too long, does not disturb', async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const tool = trace.tool('t', (given: unknown) => String(given).slice(0, 1).repeat(1_000_000), {
      captureContent: true,
    });
    await tool(circular);
    expect(recording.events[0]!.data).toEqual({ tool_name: 't' });
    expect(recording.post('t').data['gen_ai.tool.call.result']).toHaveLength(32_768);
  });
});
