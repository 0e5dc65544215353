import { describe, expect, it } from '@jest/globals';
import type { AttributeValue, SpanRecord } from '@kaizen-trace/contracts';
import { HookManager } from '../hooks/hook-manager.js';
import { event, hooked, run } from './testing/tracing.js';

const attribute = (span: SpanRecord | undefined, key: string): AttributeValue | undefined =>
  span?.attributes.find(([name]) => name === key)?.[1];

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a hook that traces', () => {
  it('answers at once, and gives the tree of the run', async () => {
    const { hook, records, spans } = hooked();
    for (const each of run()) expect(hook.handle(each)).toMatchObject({ success: true });
    const all = await records();
    const nameOf = new Map(all.map(({ spanId, name }) => [spanId as string, name]));
    expect(all.map(({ name, parentSpanId }) => [name, nameOf.get(parentSpanId ?? '')])).toEqual([
      ['pre_tool_use:search', 'pre_agent_loop'],
      ['post_tool_use:search', 'pre_tool_use:search'],
      ['pre_tool_use:search', 'pre_agent_loop'],
      ['post_tool_use:search', 'pre_tool_use:search'],
      ['note', 'pre_agent_loop'],
      ['pre_llm_call:m-1', 'pre_agent_loop'],
      ['post_llm_call:m-1', 'pre_llm_call:m-1'],
      ['pre_agent_loop', undefined],
      ['post_agent_loop', 'pre_agent_loop'],
    ]);
    const [, first] = await spans();
    expect(first).toMatchObject({
      duration: [2, 0],
      ended: true,
      resource: { attributes: { 'service.name': 'spec' } },
      instrumentationScope: { name: 'kaizen-trace', version: '1' },
      attributes: { agent_id: 'agent', tool_name: 'search', hits: 3, duration_ms: 2000 },
    });
    const failed = (await spans()).find(({ name }) => name === 'post_llm_call:m-1');
    expect(failed).toMatchObject({
      kind: 2,
      status: { code: 2, message: 'overloaded' },
      events: [{ name: 'exception', attributes: { 'exception.type': 'RateLimitError' } }],
    });
  });

  it('makes one span of each pair in layout operations, under the service it is told', async () => {
    const { hook, records } = hooked({ layout: 'operations', serviceName: 'mine' });
    for (const each of run()) hook.handle(each);
    const all = await records();
    expect(all.map(({ name, serviceName }) => [name, serviceName])).toEqual([
      ['execute_tool search', 'mine'],
      ['execute_tool search', 'mine'],
      ['chat m-1', 'mine'],
      ['invoke_agent agent', 'mine'],
    ]);
  });

  it('works as a hook of a HookManager, for the events that it traces', async () => {
    const { hook, records } = hooked({ eventsToTrace: ['PRE_tool_use', 'post_tool_use', 'post_tool_use'] });
    expect(hook.events).toEqual(['pre_tool_use', 'post_tool_use']);
    const hooks = new HookManager();
    hooks.registerHook(hook);
    await hooks.trigger('pre_tool_use', 'a', { tool_name: 't' }, { traceId: 'run' });
    await hooks.trigger('pre_llm_call', 'a', {}, { traceId: 'run' });
    await hooks.trigger('post_tool_use', 'a', { tool_name: 't' }, { traceId: 'run' });
    expect((await records()).map(({ name }) => name)).toEqual(['pre_tool_use:t', 'post_tool_use:t']);
    expect(hooks.getStats().TracingHook).toMatchObject({ callCount: 2, failureCount: 0 });
  });

  it('refuses what breaks the contract, names the field as the agent knows it, and goes on', async () => {
    const { hook, manager, problems, records } = hooked();
    const broken = [
      [event('pre_'), 'eventType must name a kind after its prefix'],
      [event('pre_x', { agentId: '' }), 'agentId must have 1 to 256 characters'],
      [event('pre_x', { timestamp: new Date(Number.NaN) }), 'timestamp must be in seconds'],
      [event('pre_x', { timestamp: 1_700_000_000_000 }), 'timestamp must be in seconds'],
      [event('pre_x', { result: { success: true } }), 'result is refused on a pre_ event'],
      [event('post_x', { result: { success: false } }), 'result.error is required'],
      [event('pre_x', { callId: 7 as unknown as string }), 'callId must be a string'],
    ] as const;
    for (const [each, reason] of broken) {
      const answer = hook.handle(each);
      expect(answer).toMatchObject({ success: false, errorType: 'InvalidEvent' });
      expect(answer.error).toContain(reason);
    }
    expect(hook.handle(null as never)).toMatchObject({ success: false });
    expect(manager.stats().refusedEvents).toBe(broken.length + 1);
    expect(problems).toHaveLength(1);
    hook.handle(event('note'));
    expect(await records()).toHaveLength(1);
  });

  it('takes seconds, a date-time and a Date, and what JSON makes of the values that it cannot hold', async () => {
    const { hook, records } = hooked();
    const when = new Date('2026-01-02T03:04:05.678Z');
    const circle: Record<string, unknown> = { n: 1 };
    circle.self = circle;
    for (const timestamp of [when, when.toISOString(), when.getTime() / 1000]) {
      hook.handle(event('note', { timestamp, data: { when, nan: Number.NaN, big: 7n, f: () => 1, circle } }));
    }
    const all = await records();
    expect(new Set(all.map(({ start }) => start))).toEqual(new Set([BigInt(when.getTime()) * 1_000_000n]));
    for (const span of all) {
      expect(attribute(span, 'when')).toBe(when.toISOString());
      expect(attribute(span, 'big')).toBe(7);
      expect(span.attributes.map(([key]) => key)).toEqual([
        'agent_id',
        'event_type',
        'trace_id',
        'when',
        'big',
      ]);
      expect(span.droppedAttributes).toBe(1);
    }
  });

  it('keeps nothing of what it was given', async () => {
    const { hook, records } = hooked();
    const data: Record<string, unknown> = { tool_name: 't', x: 1 };
    hook.handle(event('pre_tool_use', { data }));
    data.x = 2;
    hook.handle(event('post_tool_use', { data: { tool_name: 't' } }));
    expect(attribute((await records())[0], 'x')).toBe(1);
  });
});

describe('the filter', () => {
  it('makes an orphan of each POST whose PRE it leaves out, once the grace has passed', async () => {
    const { hook, records } = hooked({ eventsToTrace: ['post_tool_use'], reorderGraceMs: 30 });
    hook.handle(event('pre_tool_use', { data: { tool_name: 't' } }));
    expect(
      hook.handle(event('post_tool_use', { data: { tool_name: 't' }, result: { success: true } })),
    ).toMatchObject({
      success: true,
    });
    expect(await records()).toHaveLength(0);
    await wait(80);
    const [orphan] = await records();
    expect(orphan).toMatchObject({ name: 'post_tool_use:t', status: { code: 'ok' } });
    expect(attribute(orphan, 'kaizen.orphan')).toBe(true);
  });

  it('leaves an operation open whose POST it leaves out, until the TTL has passed', async () => {
    const { hook, records } = hooked({ eventsToTrace: ['pre_tool_use', 'note'], openTtlMs: 40 });
    hook.handle(event('pre_tool_use', { data: { tool_name: 't' } }));
    hook.handle(event('post_tool_use', { data: { tool_name: 't' } }));
    hook.handle(event('note'));
    await wait(100);
    const [note, abandoned] = await records();
    expect(note?.parentSpanId).toBe(abandoned?.spanId);
    expect(abandoned?.status).toEqual({ code: 'error', message: 'no POST event' });
    expect(attribute(abandoned, 'kaizen.abandoned')).toBe(true);
  });
});

describe('redaction', () => {
  it('masks secrets by default, by its own rules, or not at all', async () => {
    const secret = { data: { password: 'hunter2', city: 'Paris' } };
    const masked = hooked();
    const open = hooked({ redaction: false });
    const own = hooked({ redact: (each) => ({ ...each, data: { city: 'nowhere' } }) });
    for (const { hook } of [masked, open, own]) hook.handle(event('note', secret));
    expect(attribute((await masked.records())[0], 'password')).not.toContain('hunter2');
    expect(attribute((await masked.records())[0], 'city')).toBe('Paris');
    expect(attribute((await open.records())[0], 'password')).toBe('hunter2');
    expect(attribute((await own.records())[0], 'city')).toBe('nowhere');
  });

  it('traces nothing of an event at which a rule of one’s own throws', async () => {
    const { hook, records, problems } = hooked({
      redact: () => {
        throw new Error('secret inside');
      },
    });
    expect(hook.handle(event('note'))).toMatchObject({ success: false });
    expect(await records()).toEqual([]);
    expect(problems.join()).not.toContain('secret');
  });
});

describe('the end of a hook', () => {
  it('ends what is open and says so, makes orphans of POSTs that wait, and answers true, however often', async () => {
    const { hook, exporter, manager } = hooked();
    hook.handle(event('pre_agent_loop'));
    hook.handle(event('pre_tool_use', { data: { tool_name: 't' } }));
    hook.handle(event('post_llm_call'));
    const [first, second] = await Promise.all([hook.shutdown(5), hook.shutdown(5)]);
    expect([first, second, await hook.shutdown(0.001)]).toEqual([true, true, true]);
    const ended = exporter.getFinishedSpans();
    expect(
      ended.map(({ name, status: { message }, attributes }) => [name, message, attributes['kaizen.orphan']]),
    ).toEqual([
      ['pre_agent_loop', 'tracing was shut down', undefined],
      ['pre_tool_use:t', 'tracing was shut down', undefined],
      ['post_llm_call', undefined, true],
    ]);
    expect(ended[0]?.attributes['kaizen.abandoned']).toBe(true);
    expect(hook.handle(event('note'))).toMatchObject({ success: false, error: 'tracing was shut down' });
    const other = manager.createSpanFromContext(event('note'));
    expect(other.isRecording()).toBe(true);
    other.end();
    expect(await manager.shutdown(5)).toBe(true);
  });

  it('comes with the end of its manager', async () => {
    const { hook, exporter, manager } = hooked();
    hook.handle(event('pre_agent_loop'));
    // The exporter forgets its spans when it is shut down, so they are looked at as they come.
    const names: string[] = [];
    const put = exporter.export.bind(exporter);
    exporter.export = (spans, done) => {
      names.push(...spans.map(({ name }) => name));
      put(spans, done);
    };
    expect(await manager.shutdown(5)).toBe(true);
    expect(names).toEqual(['pre_agent_loop']);
    expect(hook.handle(event('note'))).toMatchObject({ success: false });
    expect(await hook.shutdown(1)).toBe(true);
  });
});

describe('wrong options of a hook', () => {
  it('are named, with what to write instead', () => {
    const wrong = (options: object): unknown => {
      try {
        return hooked(options);
      } catch (error) {
        return error;
      }
    };
    for (const [options, name] of [
      [{ eventsToTrace: ['pre tool'] }, 'eventsToTrace'],
      [{ eventsToTrace: [null] }, 'eventsToTrace'],
      [{ layout: 'tree' }, 'layout'],
      [{ openTtlMs: 0 }, 'openTtlMs'],
      [{ maxOpenOperations: 1.5 }, 'maxOpenOperations'],
      [{ tracingManager: undefined }, 'tracingManager'],
      [{ tracingManager: null }, 'tracingManager'],
      [{ redact: 'x' }, 'redact'],
    ] as const) {
      const error = wrong(options);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toMatch(`TracingHook: ${name} `);
    }
  });
});
