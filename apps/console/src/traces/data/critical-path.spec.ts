import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { columnsOf, span } from '../testing/spans.js';
import { criticalPath } from './critical-path.js';

const stretches = (spans: Parameters<typeof columnsOf>[0]) => {
  const columns = columnsOf(spans);
  const { rows, from, to } = criticalPath(columns);
  return Array.from(rows, (row, index) => [columns.spanIds[row], from[index], to[index]]);
};

describe('the critical path', () => {
  it('goes through what was waited for, not through what ran beside it', () => {
    const spans = [
      span({ id: 'root', start: 0, duration: 100 }),
      span({ id: 'short', parent: 'root', start: 10, duration: 20 }),
      span({ id: 'long', parent: 'root', start: 10, duration: 60 }),
      span({ id: 'last', parent: 'root', start: 75, duration: 15 }),
    ];
    expect(stretches(spans)).toEqual([
      ['root', 0, 10],
      ['root', 70, 75],
      ['root', 90, 100],
      ['long', 10, 70],
      ['last', 75, 90],
    ]);
  });

  it('does not wait for a child that outlives its parent', () => {
    const spans = [
      span({ id: 'root', start: 0, duration: 10 }),
      span({ id: 'async', parent: 'root', start: 5, duration: 50 }),
    ];
    expect(stretches(spans).every(([id]) => id === 'async')).toBe(false);
  });

  it('fills the time of the root that ends last, without overlaps', () => {
    const anyTree = fc.array(
      fc.record({ up: fc.nat(20), start: fc.nat(100), duration: fc.integer({ min: 1, max: 100 }) }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(anyTree, (spans) => {
        const columns = columnsOf(
          spans.map(({ up, start, duration }, index) =>
            span({ id: `${index}`, start, duration, ...(index > 0 && { parent: `${Math.max(0, index - 1 - up)}` }) }),
          ),
        );
        const { from, to } = criticalPath(columns);
        const sorted = Array.from(from, (start, index) => [start, to[index]!] as const).sort((a, b) => a[0] - b[0]);
        const [root] = spans;
        expect(sorted[0]?.[0]).toBe(root!.start);
        expect(sorted.at(-1)?.[1]).toBe(root!.start + root!.duration);
        sorted.forEach(([start], index) => expect(index === 0 || start === sorted[index - 1]![1]).toBe(true));
      }),
    );
  });
});
