import { describe, expect, it } from '@jest/globals';
import type { Step } from './testing/folding.js';
import { callIdOf, fold, idOf, point, post, pre, tick, tool } from './testing/folding.js';

/** The parent of each event's span, by the ids of the steps; everything is ended long after the last step. */
const parents = (steps: readonly Step[]): Readonly<Record<string, string | undefined>> => {
  const { spans } = fold([...steps, tick(1e12)]);
  const ids = steps.flatMap(({ id, call }) =>
    id === undefined ? [] : [[id, call === undefined ? idOf(id) : callIdOf(call)]],
  );
  const shown = ids.filter(([id]) => id?.startsWith('q') === false);
  return Object.fromEntries(
    shown.map(([id, spanId]) => {
      const parent = spans.find((span) => span.spanId === spanId)?.parentSpanId;
      return [id, ids.find(([, other]) => other === parent)?.[0] ?? parent];
    }),
  ) as Readonly<Record<string, string | undefined>>;
};

describe('the parent', () => {
  it('is the one that parent_call_id names, seen or not', () => {
    expect(
      parents([
        pre('agent_loop', { id: 'root' }),
        pre('tool_use', { id: 'late', parentCall: 'never' }),
        pre('tool_use', { id: 'x', call: 'c' }),
        pre('llm_call', { id: 'y', parentCall: 'c' }),
      ]),
    ).toEqual({ root: undefined, late: callIdOf('never'), x: 'root', y: 'x' });
  });
  it('is not the event itself: then the other rules decide', () => {
    expect(
      parents([pre('agent_loop', { id: 'root' }), pre('tool_use', { id: 'x', call: 'c', parentCall: 'c' })]),
    ).toEqual({ root: undefined, x: 'root' });
  });
  it('is the newest open operation of the same agent that may contain it, before that of another agent', () => {
    expect(
      parents([
        pre('agent_loop', { id: 'a1', agent: 'a' }),
        pre('agent_loop', { id: 'b1', agent: 'b' }),
        pre('llm_call', { id: 'x', agent: 'a' }),
        pre('llm_call', { id: 'y', agent: 'b' }),
        pre('llm_call', { id: 'z', agent: 'c' }),
      ]),
    ).toEqual({ a1: undefined, b1: 'a1', x: 'a1', y: 'b1', z: 'b1' });
  });
  it('is the root where nothing open may contain it, though the root may not and has closed', () => {
    expect(
      parents([
        pre('llm_call', { id: 'root' }),
        pre('llm_call', { id: 'x' }),
        post('llm_call', { id: 'q1' }),
        post('llm_call', { id: 'q2' }),
        pre('tool_use', { id: 'y' }),
      ]),
    ).toEqual({ root: undefined, x: 'root', y: 'root' });
  });
  it("is none for an agent_loop of the root's own agent after the root has closed, and that is no second root", () => {
    expect(
      parents([
        pre('agent_loop', { id: 'root' }),
        post('agent_loop', { id: 'q1' }),
        pre('agent_loop', { id: 'next' }),
        post('agent_loop', { id: 'q2' }),
        pre('agent_loop', { id: 'other', agent: 'b' }),
        post('agent_loop', { id: 'q3', agent: 'b' }),
        pre('llm_call', { id: 'x' }),
      ]),
    ).toEqual({ root: undefined, next: undefined, other: 'root', x: 'root' });
  });
  it('is the open root for a nested agent_loop of the same agent', () => {
    expect(parents([pre('agent_loop', { id: 'root' }), pre('agent_loop', { id: 'in' })])).toEqual({
      root: undefined,
      in: 'root',
    });
  });
  it('is no operation whose parent closed while it was open', () => {
    expect(
      parents([
        pre('agent_loop', { id: 'root' }),
        pre('plan_generation', { id: 'plan' }),
        pre('tool_use', { id: 'x', ...tool('t') }),
        post('plan_generation', { id: 'q' }),
        pre('llm_call', { id: 'y' }),
      ]),
    ).toEqual({ root: undefined, plan: 'root', x: 'plan', y: 'root' });
  });
  it('may be an operation whose named parent closed before it opened', () => {
    expect(
      parents([
        pre('plan_generation', { id: 'root', call: 'c' }),
        post('plan_generation', { id: 'q' }),
        pre('tool_use', { id: 'x', parentCall: 'c' }),
        pre('llm_call', { id: 'y' }),
      ]),
    ).toEqual({ root: undefined, x: 'root', y: 'x' });
  });
  it('is no operation whose parent came late, by its call_id, and closed', () => {
    expect(
      parents([
        pre('agent_loop', { id: 'root' }),
        pre('tool_use', { id: 'x', parentCall: 'c' }),
        pre('plan_generation', { id: 'p', call: 'c' }),
        post('plan_generation', { id: 'q', call: 'c' }),
        pre('llm_call', { id: 'y' }),
      ]).y,
    ).toBe('root');
  });
  it('is no operation whose parent was abandoned', () => {
    const steps = [
      pre('agent_loop', { id: 'root', at: 0 }),
      pre('tool_use', { id: 'x', at: 10 }),
      pre('llm_call', { id: 'y', at: 105 }),
    ];
    const { spans } = fold([...steps, tick(1e9)], { openTtlMs: 100 });
    expect(spans.find((span) => span.spanId === idOf('y'))?.parentSpanId).toBe(idOf('root'));
  });
  it('of a point event is found by its type, and it is never root or parent', () => {
    expect(
      parents([
        point('note', { id: 'first' }),
        pre('custom', { id: 'c' }),
        point('custom', { id: 'same-kind' }),
        point('note', { id: 'inside' }),
      ]),
    ).toEqual({ first: undefined, c: undefined, 'same-kind': 'c', inside: 'c' });
  });
  it('of an orphan is found at its place in the log, and it is never root', () => {
    expect(
      parents([
        post('tool_use', { id: 'orphan1', at: 0 }),
        pre('agent_loop', { id: 'root', t: 50, at: 1 }),
        post('tool_use', { id: 'orphan2', at: 2 }),
        pre('plan_generation', { id: 'later', at: 3 }),
        post('agent_loop', { id: 'q', at: 4 }),
      ]),
    ).toEqual({ orphan1: undefined, root: undefined, orphan2: 'root', later: 'root' });
  });
  it('is not the root once the trace is forgotten', () => {
    expect(
      parents([
        pre('llm_call', { id: 'root', at: 0 }),
        post('llm_call', { id: 'q', at: 0 }),
        point('note', { id: 'in-time', at: 29_999 }),
        point('note', { id: 'afresh', at: 60_000 }),
      ]),
    ).toEqual({ root: undefined, 'in-time': 'root', afresh: undefined });
  });
});

describe('containment', () => {
  const contains = (outer: string, inner: string, agent = 'a'): boolean =>
    parents([
      pre('agent_loop', { id: 'root', agent: 'boss' }),
      pre(outer, { id: 'outer', agent: 'a' }),
      pre(inner, { id: 'inner', agent }),
    ]).inner === 'outer';
  it.each(['agent_loop', 'specialist_invoke', 'plan_generation'])('of %s is everything', (outer) => {
    for (const inner of ['agent_loop', outer, 'tool_use', 'llm_call', 'custom'])
      expect(contains(outer, inner)).toBe(true);
  });
  it('of tool_use is everything but tool_use of the same agent', () => {
    expect(contains('tool_use', 'tool_use')).toBe(false);
    expect(contains('tool_use', 'llm_call')).toBe(true);
    expect(contains('tool_use', 'agent_loop')).toBe(true);
    expect(
      parents([pre('tool_use', { id: 'outer', agent: 'a' }), pre('tool_use', { id: 'inner', agent: 'b' })])
        .inner,
    ).toBe('outer');
  });
  it('of a custom kind is everything but its own kind', () => {
    expect(contains('custom', 'custom')).toBe(false);
    expect(contains('custom', 'custom2')).toBe(true);
    expect(contains('custom', 'tool_use')).toBe(true);
  });
  it.each(['llm_call', 'memory_read', 'memory_of_mine', 'permission_check', 'checkpoint_save', 'interrupt'])(
    'of %s is nothing',
    (outer) => {
      for (const inner of ['agent_loop', 'tool_use', 'llm_call', 'custom'])
        expect(contains(outer, inner)).toBe(false);
    },
  );
});
