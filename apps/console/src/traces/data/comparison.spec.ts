import { describe, expect, it } from '@jest/globals';
import { columnsOf, pair } from '../testing/spans.js';
import { comparedRows, compareTraces, differenceCounts } from './comparison.js';

const root = pair({ id: 'r', kind: 'agent_loop', duration: 50_000 });
const tool = (id: string, name: string, more: object = {}) =>
  pair({ id, parent: 'r', kind: `tool_use:${name}`, duration: 10_000, ...more });

const before = columnsOf([...root, ...tool('1', 'grep'), ...tool('2', 'edit'), ...tool('3', 'same')]);
const after = columnsOf([
  ...root,
  ...tool('1', 'grep', { tags: { error: true } }),
  ...tool('2', 'grep'),
  ...tool('3', 'run'),
  ...tool('4', 'same', { duration: 10_500 }),
]);

describe('a comparison', () => {
  const nodes = compareTraces(before, after);
  const all = { collapsed: new Set<string>(), onlyDifferences: false };

  it('says what was added, removed, and changed', () => {
    const rows = comparedRows(nodes, all).map(({ node }) => [node.title, node.difference]);
    expect(rows).toEqual([
      ['agent loop', 'same'],
      ['grep', 'changed'],
      ['edit', 'removed'],
      ['same', 'same'],
      ['run', 'added'],
    ]);
    expect(differenceCounts(nodes)).toEqual({ added: 1, removed: 1, changed: 1, same: 2 });
  });

  it('counts what happened several times at one place', () => {
    const grep = nodes[0]?.children.find(({ title }) => title === 'grep');
    expect([grep?.left.count, grep?.right.count, grep?.right.errors]).toEqual([1, 2, 1]);
  });

  it('shows differences only, below what leads to them', () => {
    const rows = comparedRows(nodes, { ...all, onlyDifferences: true });
    expect(rows.map(({ node }) => node.title)).toEqual(['agent loop', 'grep', 'edit', 'run']);
    expect(comparedRows(compareTraces(before, before), { ...all, onlyDifferences: true })).toEqual([]);
  });
});
