import { describe, expect, it } from '@jest/globals';
import type { Fields, JsonValue } from '@kaizen-trace/contracts';
import { attribute, fold, keysOf, point, post, pre, tick, tool, traceId } from './testing/folding.js';
import type { AssemblySettings } from './index.js';

const pointWith = (data: Fields, metadata: Fields = {}, settings: Partial<AssemblySettings> = {}) =>
  fold([point('note', { data, metadata })], settings).span('note');

const fieldsUpTo = (count: number): Fields =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, i]));

describe('attributes', () => {
  it('begin with agent_id, event_type, trace_id and tool_name where there is one, then data, then metadata', () => {
    const span = pointWith({ b: 1, tool_name: 't', a: 'x' }, { z: true, y: 2.5 });
    expect(span.attributes).toEqual([
      ['agent_id', 'a'],
      ['event_type', 'note'],
      ['trace_id', traceId],
      ['tool_name', 't'],
      ['b', 1],
      ['a', 'x'],
      ['z', true],
      ['y', 2.5],
    ]);
    expect(span.droppedAttributes).toBe(0);
  });
  it('the earlier wins over the later, and what it covers is not counted', () => {
    const span = pointWith(
      { agent_id: 'no', event_type: 'no', trace_id: 'no', x: 'data' },
      { x: 'metadata', tool_name: 'm', agent_id: 'no' },
    );
    expect(span.attributes.map(([key, value]) => `${key}=${JSON.stringify(value)}`).slice(3)).toEqual([
      'tool_name="m"',
      'x="data"',
    ]);
    expect(span.droppedAttributes).toBe(0);
  });
  it('leave out nested values and mixed arrays and an empty key, counted; null, not counted', () => {
    const span = pointWith({
      object: { a: 1 },
      nested: [[1]],
      mixed: [1, 'a'],
      holed: ['a', null],
      '': 'no key',
      nothing: null,
      ints: [1, 2.0],
      empty: [],
      flags: [true, false],
      texts: ['a', 'b'],
    });
    expect(keysOf(span).slice(3)).toEqual(['ints', 'empty', 'flags', 'texts']);
    expect(span.droppedAttributes).toBe(5);
  });
  it('show nested values and mixed arrays as JSON text where so configured', () => {
    const span = pointWith({ object: { a: [1, null] }, mixed: [1, 'a'] }, {}, { nestedAsJson: true });
    expect(attribute(span, 'object')).toBe('{"a":[1,null]}');
    expect(attribute(span, 'mixed')).toBe('[1,"a"]');
    expect(span.droppedAttributes).toBe(0);
  });
  it('of metadata do not repeat what says where the event belongs; of data they do', () => {
    const routing = { call_id: 'c', parent_call_id: 'p', service_name: 's', parent_span_id: 'x' };
    expect(keysOf(pointWith({}, { ...routing, other: 1 })).slice(3)).toEqual(['other']);
    expect(keysOf(pointWith(routing)).slice(3)).toEqual(Object.keys(routing));
  });
  it('take a value of metadata where that of data is left out', () => {
    expect(attribute(pointWith({ x: { a: 1 } }, { x: 'm' }), 'x')).toBe('m');
    expect(attribute(pointWith({ x: null }, { x: 'm' }), 'x')).toBe('m');
  });
  it('cut strings, also in arrays, and never inside a surrogate pair', () => {
    const span = pointWith(
      { s: 'abcd🙂', t: ['abcd🙂', 'abc🙂'], half: 'abcd\ud83dx' },
      {},
      { maxStringLength: 5 },
    );
    expect(attribute(span, 's')).toBe('abcd');
    expect(attribute(span, 't')).toEqual(['abcd', 'abc🙂']);
    expect(attribute(span, 'half')).toBe('abcd\ud83d');
    expect(attribute(span, 'trace_id')).toBe(traceId.slice(0, 5));
  });
  it('cut at 4,096 UTF-16 units by default, span names too', () => {
    const { spans } = fold([pre('llm_call', { data: { model: 'm'.repeat(5000) } }), post('llm_call')]);
    expect(attribute(spans[0]!, 'model')).toBe('m'.repeat(4096));
    expect(spans.map((span) => span.name.length)).toEqual([4096, 4096]);
  });
  it('are at most 128, computed ones included and never dropped; the rest is counted', () => {
    const { span } = fold([
      pre('tool_use', { data: fieldsUpTo(200) }),
      post('tool_use', { data: fieldsUpTo(200), t: -1 }),
    ]);
    const [before, after] = [span('pre_tool_use'), span('post_tool_use')];
    expect(before.attributes).toHaveLength(128);
    expect(keysOf(before).at(-1)).toBe('kaizen.clock_skew_ms');
    expect(before.droppedAttributes).toBe(200 - 124);
    expect(after.attributes).toHaveLength(128);
    expect(keysOf(after).slice(-2)).toEqual(['duration_ms', 'kaizen.clock_skew_ms']);
    expect(after.droppedAttributes).toBe(200 - 123);
  });
  it('are not limited at exactly 128', () => {
    const span = pointWith(fieldsUpTo(125));
    expect([span.attributes.length, span.droppedAttributes]).toEqual([128, 0]);
  });
  it('computed ones win over all, and duration_ms of data stays on the PRE', () => {
    const own = { duration_ms: 'mine', 'kaizen.orphan': 'mine' };
    const { span } = fold([pre('tool_use', { data: own, t: 0 }), post('tool_use', { data: own, t: 1.5 })]);
    expect(attribute(span('pre_tool_use'), 'duration_ms')).toBe('mine');
    expect(attribute(span('post_tool_use'), 'duration_ms')).toEqual({ double: 1.5 });
    expect(attribute(span('post_tool_use'), 'kaizen.orphan')).toBe('mine');
    expect(span('post_tool_use').droppedAttributes).toBe(0);
  });
  it('survive keys that JavaScript finds special', () => {
    const data = JSON.parse('{"__proto__": "p", "constructor": 1, "toString": true}') as Fields;
    expect(keysOf(pointWith(data)).slice(3)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(keysOf(pointWith({}, { constructor: 'c' })).slice(3)).toEqual(['constructor']);
  });
  it('of a POST show its own agent and the tool_name of its operation', () => {
    const { span } = fold([pre('tool_use', { agent: 'a', ...tool('x') }), post('tool_use', { agent: 'b' })]);
    expect(span('post_tool_use:x').attributes.slice(0, 4)).toEqual([
      ['agent_id', 'b'],
      ['event_type', 'post_tool_use'],
      ['trace_id', traceId],
      ['tool_name', 'x'],
    ]);
  });
});

describe('service.name', () => {
  const names = (
    before: { service?: string },
    after: { service?: string },
    layout: AssemblySettings['layout'] = 'events',
  ) =>
    fold([pre('tool_use', before), post('tool_use', after)], { layout }).spans.map(
      (span) => span.serviceName,
    );
  it("is the event's, else of a POST its PRE's, else the default", () => {
    expect(names({ service: 's' }, {})).toEqual(['s', 's']);
    expect(names({ service: 's' }, { service: 't' })).toEqual(['s', 't']);
    expect(names({}, { service: 't' })).toEqual(['kaizen-agents', 't']);
    expect(names({}, {})).toEqual(['kaizen-agents', 'kaizen-agents']);
    expect(names({ service: 's' }, {}, 'operations')).toEqual(['s']);
  });
  it('of an abandoned operation is that of its PRE', () => {
    expect(fold([pre('tool_use', { service: 's' }), tick(1e12)]).spans[0]?.serviceName).toBe('s');
  });
});

describe('the span kind', () => {
  it.each(['events', 'operations'] as const)(
    'is CLIENT for llm_call and INTERNAL otherwise, in layout %s',
    (layout) => {
      const { spans } = fold(
        [
          pre('llm_call'),
          post('llm_call'),
          pre('tool_use'),
          post('tool_use'),
          point('note', { result: { success: true } }),
        ],
        { layout },
      );
      expect(spans.map((span) => span.kind)).toEqual(
        layout === 'events'
          ? ['client', 'client', 'internal', 'internal', 'internal']
          : ['client', 'internal', 'internal'],
      );
    },
  );
});

describe('numbers', () => {
  it.each<[JsonValue, JsonValue]>([
    [2.0, 2],
    [-0.5, -0.5],
    [2 ** 53, 2 ** 53],
    [1e300, 1e300],
  ])('stay the number that was sent: %j', (sent, shown) => {
    expect(attribute(pointWith({ n: sent }), 'n')).toBe(shown);
  });
});
