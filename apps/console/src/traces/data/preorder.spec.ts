import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { preorder } from './preorder.js';

const anyParents = fc
  .integer({ min: 0, max: 30 })
  .chain((count) => fc.array(fc.integer({ min: -1, max: count - 1 }), { minLength: count, maxLength: count }));

describe('the order of a tree', () => {
  it('has each span once, its descendants right after it, whatever its parents are, circles too', () => {
    fc.assert(
      fc.property(anyParents, (parents) => {
        const byStart = Int32Array.from(parents, (_, index) => index);
        const { order, depth, end, parent } = preorder(Int32Array.from(parents), byStart);
        expect([...order].sort((a, b) => a - b)).toEqual([...byStart]);
        order.forEach((span, row) => {
          const above = parent[row]!;
          expect(depth[row]).toBe(above < 0 ? 0 : depth[above]! + 1);
          if (above < 0) return;
          expect(order[above]).toBe(parents[span]);
          expect(row > above && end[row]! <= end[above]!).toBe(true);
        });
        const sizes = Array.from(end, (last, row) => last - row);
        expect(sizes.every((size) => size >= 1)).toBe(true);
      }),
    );
  });

  it('keeps siblings in the order given', () => {
    const { order } = preorder(Int32Array.of(-1, 0, 0, 0), Int32Array.of(0, 3, 1, 2));
    expect([...order]).toEqual([0, 3, 1, 2]);
  });

  it('goes as deep as a trace has spans', () => {
    const count = 100_000;
    const parents = Int32Array.from({ length: count }, (_, index) => index - 1);
    const { depth } = preorder(parents, Int32Array.from(parents, (_, index) => index));
    expect(depth[count - 1]).toBe(count - 1);
  });
});
