import { describe, expect, it } from '@jest/globals';
import type { Fields } from '@kaizen-trace/contracts';
import type { Step } from './testing/folding.js';
import { attribute, callIdOf, fold, idOf, keysOf, ns, point, post, pre, tick } from './testing/folding.js';

const operations = (steps: readonly Step[], settings: object = {}) =>
  fold(steps, { layout: 'operations', ...settings });

describe('in layout operations a pair', () => {
  it('is one span, with the id of its PRE and the attributes of both, of which the POST wins', () => {
    const { spans } = operations([
      pre('tool_use', {
        call: 'c',
        t: 1,
        data: { tool_name: 'x', a: 'pre', b: 'pre' },
        metadata: { m: 'pre' },
      }),
      post('tool_use', {
        call: 'c',
        t: 3,
        agent: 'z',
        data: { b: 'post', c: 'post' },
        metadata: { a: 'post', m: 'post' },
      }),
    ]);
    expect(spans).toHaveLength(1);
    const [span] = spans;
    expect(span?.spanId).toBe(callIdOf('c'));
    expect([span?.start, span?.end]).toEqual([ns(1), ns(3)]);
    const shown = Object.fromEntries(span?.attributes ?? []);
    expect(shown).toMatchObject({
      agent_id: 'z',
      event_type: 'tool_use',
      tool_name: 'x',
      a: 'post',
      b: 'post',
      c: 'post',
      m: 'post',
    });
    expect(shown).toMatchObject({ duration_ms: { double: 2 } });
    expect(keysOf(span!).slice(0, 4)).toEqual(['agent_id', 'event_type', 'trace_id', 'tool_name']);
    expect(new Set(keysOf(span!)).size).toBe(keysOf(span!).length);
  });
  it.each<[string, Fields, string]>([
    ['agent_loop', {}, 'invoke_agent a'],
    ['tool_use', { tool_name: 'x' }, 'execute_tool x'],
    ['tool_use', {}, 'execute_tool'],
    ['llm_call', { model: 'm' }, 'chat m'],
    ['llm_call', {}, 'chat'],
    ['memory_read', {}, 'search_memory'],
    ['memory_save', {}, 'memory_save'],
    ['specialist_invoke', { specialist_name: 's' }, 'specialist_invoke s'],
    ['custom', {}, 'custom'],
  ])('of %s with %j is named %s', (kind, data, name) => {
    expect(operations([pre(kind, { data }), post(kind, { agent: 'b' })]).names).toEqual([name]);
    expect(operations([pre(kind, { data }), tick(1e12)]).names).toEqual([name]);
    expect(operations([post(kind, { data, at: 0 }), tick(1e12)]).names).toEqual([name]);
  });
  it('tells GenAI attributes of an llm_call', () => {
    const { spans } = operations([
      pre('llm_call', { data: { model: 'm', provider: 'openai', prompt_tokens: 1 } }),
      post('llm_call', {
        data: { prompt_tokens: 10, completion_tokens: 5 },
        result: { success: false, error: 'x', errorType: 'Timeout' },
      }),
    ]);
    expect(Object.fromEntries(spans[0]!.attributes)).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.agent.id': 'a',
      'gen_ai.request.model': 'm',
      'gen_ai.provider.name': 'openai',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 5,
      'error.type': 'Timeout',
    });
  });
  it('prefers input_tokens to prompt_tokens and takes neither from other kinds nor from metadata', () => {
    const data = { input_tokens: 1, prompt_tokens: 2, output_tokens: 3, completion_tokens: 4 };
    const llm = operations([pre('llm_call'), post('llm_call', { data })]).spans[0]!;
    expect(attribute(llm, 'gen_ai.usage.input_tokens')).toBe(1);
    expect(attribute(llm, 'gen_ai.usage.output_tokens')).toBe(3);
    const other = operations([pre('tool_use', { data }), post('tool_use', { data })]).spans[0]!;
    expect(attribute(other, 'gen_ai.usage.input_tokens')).toBeUndefined();
    const metadata = operations([pre('llm_call'), post('llm_call', { metadata: { ...data, provider: 'p' } })])
      .spans[0]!;
    expect(attribute(metadata, 'gen_ai.usage.input_tokens')).toBeUndefined();
    expect(attribute(metadata, 'gen_ai.provider.name')).toBeUndefined();
  });
  it('tells tool and call of a tool_use, and gen_ai keys of its own win', () => {
    const data = { tool_name: 'x', 'gen_ai.tool.name': 'mine' };
    const span = operations([pre('tool_use', { call: 'c', data }), post('tool_use', { call: 'c' })])
      .spans[0]!;
    expect(attribute(span, 'gen_ai.tool.name')).toBe('mine');
    expect(attribute(span, 'gen_ai.tool.call.id')).toBe('c');
    expect(keysOf(span).filter((key) => key === 'gen_ai.tool.name')).toHaveLength(1);
  });
  it('drops derived attributes first over 128', () => {
    const data = Object.fromEntries(Array.from({ length: 124 }, (_, n) => [`f${n}`, n]));
    const span = operations([pre('agent_loop'), post('agent_loop', { data })]).spans[0]!;
    expect(span.attributes).toHaveLength(128);
    expect(keysOf(span).filter((key) => key.startsWith('gen_ai'))).toEqual([]);
    expect(keysOf(span).at(-1)).toBe('duration_ms');
    expect(span.droppedAttributes).toBe(2);
  });
  it('with a clock skew has no length and shows it', () => {
    const span = operations([pre('tool_use', { t: 5 }), post('tool_use', { t: 3 })]).spans[0]!;
    expect([span.start, span.end]).toEqual([ns(5), ns(5) + 1n]);
    expect(attribute(span, 'kaizen.clock_skew_ms')).toEqual({ double: 2 });
  });
  it('that was abandoned, or is an orphan, is typed and attributed as a pair', () => {
    const abandoned = operations([pre('llm_call', { data: { model: 'm' } }), tick(1e12)]).spans[0]!;
    expect(Object.fromEntries(abandoned.attributes)).toMatchObject({
      event_type: 'llm_call',
      'gen_ai.request.model': 'm',
      'kaizen.abandoned': true,
      duration_ms: { double: 0 },
    });
    const orphan = operations([
      post('llm_call', { id: 'q', at: 0, data: { model: 'm', output_tokens: 3 } }),
      tick(1e12),
    ]).spans[0]!;
    expect(orphan.spanId).toBe(idOf('q'));
    expect(Object.fromEntries(orphan.attributes)).toMatchObject({
      event_type: 'llm_call',
      'gen_ai.request.model': 'm',
      'gen_ai.usage.output_tokens': 3,
      'kaizen.orphan': true,
      duration_ms: { double: 0 },
    });
  });
});

describe('in layout operations a point event', () => {
  it('without a result is a span event on its open parent', () => {
    const { spans, counts } = operations([
      pre('agent_loop', { t: 1 }),
      point('note', { t: 2, data: { x: 1, nested: {} } }),
      post('agent_loop', { t: 5, result: { success: false, error: 'e' } }),
    ]);
    expect(spans).toHaveLength(1);
    expect(spans[0]?.events.map((event) => event.name)).toEqual(['note', 'exception']);
    const [note] = spans[0]!.events;
    expect([note?.time, note?.droppedAttributes]).toEqual([ns(2), 1]);
    expect(note?.attributes.map(([key]) => key)).toEqual(['agent_id', 'event_type', 'trace_id', 'x']);
    expect(counts.spanEvents).toBe(1);
  });
  it('with a result, or without an open parent, is a zero-length span', () => {
    const { names, span } = operations([
      point('first'),
      pre('agent_loop', { id: 'root' }),
      point('judged', { result: { success: true } }),
      post('agent_loop'),
      point('last'),
    ]);
    expect(names).toEqual(['first', 'judged', 'invoke_agent a', 'last']);
    expect(span('judged').parentSpanId).toBe(idOf('root'));
    expect(span('last').parentSpanId).toBe(idOf('root'));
  });
  it('is a span of its own once its parent has 128', () => {
    const notes = Array.from({ length: 130 }, () => point('note'));
    const { spans } = operations([pre('agent_loop'), ...notes, post('agent_loop')]);
    expect(spans.map((span) => span.events.length)).toEqual([0, 0, 128]);
  });
  it('is a span of its own where its parent has taken as much text as it may', () => {
    const big = { text: 'x'.repeat(3000) };
    const { counts } = operations([
      pre('agent_loop'),
      ...Array.from({ length: 60 }, () => point('note', { data: big })),
    ]);
    expect(counts.spanEvents).toBeLessThan(45);
    expect(counts.spanEvents + counts.pointSpans).toBe(60);
  });
  it('of a parent that the log shows only later is a span of its own', () => {
    expect(operations([point('note', { parentCall: 'c' }), pre('tool_use', { call: 'c' })]).names).toEqual([
      'note',
    ]);
  });
});
