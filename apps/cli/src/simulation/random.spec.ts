import { describe, expect, it } from '@jest/globals';
import { openRandom } from './random.js';

describe('the seeded source of chance', () => {
  const draws = (seed: string) => {
    const random = openRandom(seed);
    return Array.from({ length: 20 }, () => random.next());
  };

  it('gives the same draws for the same seed, others for another', () => {
    expect(draws('a')).toEqual(draws('a'));
    expect(draws('a')).not.toEqual(draws('b'));
  });

  it('stays inside its bounds and reaches both ends', () => {
    const random = openRandom('bounds');
    const seen = new Set(Array.from({ length: 500 }, () => random.between(3, 6)));
    expect([...seen].sort()).toEqual([3, 4, 5, 6]);
  });

  it('draws evenly enough for a mean of one half', () => {
    const random = openRandom('mean');
    let sum = 0;
    for (let index = 0; index < 20_000; index++) sum += random.next();
    expect(Math.abs(sum / 20_000 - 0.5)).toBeLessThan(0.01);
  });

  it('gives as many hex digits as asked', () => {
    expect(openRandom('x').hex(19)).toMatch(/^[0-9a-f]{19}$/);
  });
});
