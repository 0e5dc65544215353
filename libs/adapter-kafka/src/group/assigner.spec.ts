import { describe, expect, it } from '@jest/globals';
import { assignSticky, decodeClaim, encodeClaim } from './assigner.js';

const claim = (memberId: string, owned: readonly number[], generation = 1) => ({
  memberId,
  owned,
  generation,
});

const shares = (...claims: Parameters<typeof assignSticky>[0]): Record<string, readonly number[]> =>
  Object.fromEntries(assignSticky(claims, 6));

describe('sharing partitions', () => {
  it('gives each partition to exactly one member, evenly', () => {
    for (const members of [1, 2, 3, 4, 5, 6, 7]) {
      const claims = Array.from({ length: members }, (_, index) => claim(`m${index}`, []));
      const given = [...assignSticky(claims, 6).values()];
      expect(given.flat().sort()).toEqual([0, 1, 2, 3, 4, 5]);
      const sizes = given.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  it('leaves partitions where they are when a member goes, and moves the fewest when one comes', () => {
    expect(shares(claim('a', [0, 1, 4]))).toEqual({ a: [0, 1, 2, 3, 4, 5] });
    const grown = shares(claim('a', [0, 1, 4]), claim('b', [2, 3, 5]), claim('c', [], -1));
    expect([0, 1, 4]).toEqual(expect.arrayContaining([...grown.a!]));
    expect([2, 3, 5]).toEqual(expect.arrayContaining([...grown.b!]));
    expect(grown.c).toHaveLength(2);
  });

  it('believes the younger of two claims, and nobody who claims what does not exist', () => {
    const { a, b } = shares(claim('a', [0, 1, 2], 4), claim('b', [0, 1, 2], 5));
    expect(b).toEqual([0, 1, 2]);
    expect(a).toEqual([3, 4, 5]);
    expect(shares(claim('a', [17, -1, 0, 0]))).toEqual({ a: [0, 1, 2, 3, 4, 5] });
  });

  it('reads back what a member claims, and believes nothing of what another program wrote', () => {
    const metadata = encodeClaim('topic', { owned: [1, 4], generation: 9 });
    expect(decodeClaim({ memberId: 'm', memberMetadata: metadata })).toEqual(claim('m', [1, 4], 9));
    const foreign = decodeClaim({ memberId: 'm', memberMetadata: Buffer.from('nonsense') });
    expect(foreign).toEqual(claim('m', [], -1));
  });
});
