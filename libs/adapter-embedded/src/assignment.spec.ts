import { describe, expect, it } from '@jest/globals';
import { planFor } from './assignment.js';

const settle = (
  members: readonly string[],
  start: readonly (string | null)[],
): readonly (string | null)[] => {
  const holders = start.map((holder) => (holder !== null && members.includes(holder) ? holder : null));
  for (let round = 0; round < 50; round += 1) {
    for (const member of members) {
      const { claim, release } = planFor(member, { members, holders });
      for (const partition of release) holders[partition] = null;
      for (const partition of claim) {
        expect(holders[partition]).toBeNull();
        holders[partition] = member;
      }
    }
  }
  return holders;
};

const count = (holders: readonly (string | null)[], id: string): number =>
  holders.filter((holder) => holder === id).length;

describe('planFor', () => {
  it('gives everything to an only member', () => {
    expect(settle(['a'], Array<null>(12).fill(null))).toEqual(Array(12).fill('a'));
  });

  it('spreads evenly for any number of members, and then rests', () => {
    for (let size = 1; size <= 14; size += 1) {
      const members = Array.from({ length: size }, (_, index) => `m${index}`);
      const holders = settle(members, Array<null>(12).fill(null));
      const counts = members.map((id) => count(holders, id));
      expect(counts.reduce((a, b) => a + b)).toBe(12);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      for (const id of members) expect(planFor(id, { members, holders })).toEqual({ claim: [], release: [] });
    }
  });

  it('moves no more partitions than a newcomer needs', () => {
    const before = settle(['a', 'b', 'c'], Array<null>(12).fill(null));
    const after = settle(['a', 'b', 'c', 'd'], before);
    expect(after.filter((holder, partition) => holder !== before[partition])).toEqual(['d', 'd', 'd']);
  });

  it('leaves what the others hold where it is when a member goes', () => {
    const before = settle(['a', 'b', 'c'], Array<null>(12).fill(null));
    const after = settle(['a', 'c'], before);
    before.forEach((holder, partition) => {
      if (holder !== 'b') expect(after[partition]).toBe(holder);
    });
  });

  it('lets one who is no member claim nothing', () => {
    expect(planFor('x', { members: ['a'], holders: [null, 'a'] })).toEqual({ claim: [], release: [] });
  });
});
