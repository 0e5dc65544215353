import { describe, expect, it } from '@jest/globals';
import { attribute, fold, idOf, post, pre, tool } from './testing/folding.js';
import type { Step } from './testing/folding.js';

/** Which PRE each POST closed, by their ids; undefined where it closed none. */
const closedBy = (steps: readonly Step[]): Readonly<Record<string, string | undefined>> => {
  const { spans } = fold(steps);
  const ids = steps.map(({ id }) => id).filter((id) => id !== undefined);
  const nameOf = (spanId: string | undefined): string | undefined => ids.find((id) => idOf(id) === spanId);
  return Object.fromEntries(
    ids
      .filter((id) => id.startsWith('post'))
      .map((id) => [id, nameOf(spans.find((s) => s.spanId === idOf(id))?.parentSpanId)]),
  );
};

describe('a POST with a call_id', () => {
  it('closes the operation of its kind with that call_id, not the newest', () => {
    const { spans } = fold([
      pre('tool_use', { call: 'c1', ...tool('x') }),
      pre('tool_use', { call: 'c2', ...tool('x') }),
      post('tool_use', { id: 'q', call: 'c1', ...tool('x'), t: 10 }),
    ]);
    expect(spans.map((span) => span.start)).toEqual([0n, 0n]);
  });
  it('closes no other, though one of its key is open', () => {
    const { spans, counts } = fold([
      pre('tool_use', tool('x')),
      post('tool_use', { call: 'c1', ...tool('x') }),
    ]);
    expect(spans).toEqual([]);
    expect(counts.held).toBe(1);
  });
  it('closes nothing of another kind', () => {
    expect(fold([pre('tool_use', { call: 'c' }), post('llm_call', { call: 'c' })]).counts.held).toBe(1);
  });
  it('closes its operation whatever names they have, and bears the name of the operation', () => {
    const { names, span } = fold([
      pre('tool_use', { call: 'c', ...tool('x') }),
      post('tool_use', { call: 'c', ...tool('y') }),
    ]);
    expect(names).toEqual(['pre_tool_use:x', 'post_tool_use:x']);
    expect(attribute(span('post_tool_use:x'), 'tool_name')).toBe('x');
  });
});

describe('a POST without a call_id', () => {
  it('closes the newest open operation of its key', () => {
    expect(
      closedBy([
        pre('tool_use', { id: 'p1', ...tool('x') }),
        pre('tool_use', { id: 'p2', ...tool('x') }),
        pre('tool_use', { id: 'p3', ...tool('y') }),
        post('tool_use', { id: 'post1', ...tool('x') }),
        post('tool_use', { id: 'post2', ...tool('x') }),
      ]),
    ).toEqual({ post1: 'p2', post2: 'p1' });
  });
  it("takes its own agent's without call_id, its own with one, others' without, others' with", () => {
    const { spans } = fold([
      pre('tool_use', { id: 'own', agent: 'a' }),
      pre('tool_use', { id: 'own-call', agent: 'a', call: 'c1' }),
      pre('tool_use', { id: 'other', agent: 'b' }),
      pre('tool_use', { id: 'other-call', agent: 'b', call: 'c2' }),
      ...[1, 2, 3, 4].map((n) => post('tool_use', { id: `post${n}`, agent: 'a', t: 10 })),
    ]);
    const starts = spans.filter((span) => span.name === 'pre_tool_use').map((span) => span.start);
    expect(starts).toEqual([0n, 1_000_000n, 2_000_000n, 3_000_000n]);
  });
  it('prefers the rank to the age', () => {
    expect(
      closedBy([
        pre('tool_use', { id: 'p1', agent: 'a', ...tool('x') }),
        pre('tool_use', { id: 'p2', agent: 'b', ...tool('x') }),
        post('tool_use', { id: 'post1', agent: 'a', ...tool('x') }),
      ]),
    ).toEqual({ post1: 'p1' });
  });
  it('and without a name takes the newest of its kind, named or not, in the same order', () => {
    expect(
      closedBy([
        pre('tool_use', { id: 'p1' }),
        pre('tool_use', { id: 'p2', ...tool('x') }),
        pre('tool_use', { id: 'p3', agent: 'b', ...tool('y') }),
        post('tool_use', { id: 'post1' }),
        post('tool_use', { id: 'post2' }),
        post('tool_use', { id: 'post3' }),
      ]),
    ).toEqual({ post1: 'p2', post2: 'p1', post3: 'p3' });
  });
  it('and with a name whose key is not open takes a nameless one of its kind, whose lack of a name it bears', () => {
    const { names, span } = fold([
      pre('tool_use', { id: 'p1' }),
      pre('tool_use', { id: 'p2', ...tool('y') }),
      post('tool_use', tool('x')),
    ]);
    expect(names).toEqual(['pre_tool_use', 'post_tool_use']);
    expect(span('pre_tool_use').spanId).toBe(idOf('p1'));
  });
  it("prefers another agent's operation of its key to its own nameless one", () => {
    expect(
      closedBy([
        pre('tool_use', { id: 'p1', agent: 'b', ...tool('x') }),
        pre('tool_use', { id: 'p2', agent: 'a' }),
        post('tool_use', { id: 'post1', agent: 'a', ...tool('x') }),
      ]),
    ).toEqual({ post1: 'p1' });
  });
  it('closes nothing of another kind, nor anything with another name', () => {
    expect(
      fold([pre('tool_use', tool('x')), post('tool_use', tool('y')), post('llm_call')]).counts.held,
    ).toBe(2);
  });
});

describe('the name of an operation', () => {
  it.each([
    ['tool_use', 'tool_name'],
    ['llm_call', 'model'],
    ['specialist_invoke', 'specialist_name'],
  ])('of %s is %s, from data, else from metadata', (kind, field) => {
    expect(
      fold([pre(kind, { data: { [field]: 'd' }, metadata: { [field]: 'm' } }), post(kind)]).names[0],
    ).toBe(`pre_${kind}:d`);
    expect(
      fold([pre(kind, { data: { [field]: '' }, metadata: { [field]: 'm' } }), post(kind)]).names[0],
    ).toBe(`pre_${kind}:m`);
    expect(fold([pre(kind, { data: { [field]: 7 } }), post(kind)]).names[0]).toBe(`pre_${kind}`);
  });
  it('is absent for every other kind', () => {
    const data = { tool_name: 'x', model: 'm', specialist_name: 's', name: 'n' };
    expect(fold([pre('agent_loop', { data }), post('agent_loop', { data })]).names).toEqual([
      'pre_agent_loop',
      'post_agent_loop',
    ]);
    expect(fold([pre('custom', { data }), post('custom', { data })]).names).toEqual([
      'pre_custom',
      'post_custom',
    ]);
  });
});
