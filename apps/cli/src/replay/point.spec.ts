import { describe, expect, it } from '@jest/globals';
import { pointOf } from './point.js';

const now = 1_763_600_000_000;
const point = pointOf(() => now);

describe('a place in the log', () => {
  it.each([
    ['offset:0', { type: 'offset', offset: 0n }],
    ['offset:9007199254740993', { type: 'offset', offset: 9_007_199_254_740_993n }],
    ['2025-11-20T00:53:20Z', { type: 'time', time: 1_763_600_000_000 }],
    ['2025-11-20T01:53:20.001+01:00', { type: 'time', time: 1_763_600_000_001 }],
    ['1763600000', { type: 'time', time: 1_763_600_000_000 }],
    ['2h', { type: 'time', time: now - 7_200_000 }],
    ['100d', { type: 'time', time: now - 100 * 86_400_000 }],
  ])('reads %s', (text, found) => {
    expect(point(text)).toEqual(found);
  });

  it('rounds a part of a millisecond up: the first record at or after the moment is meant', () => {
    expect(point('1763600000.0001')).toEqual({ type: 'time', time: 1_763_600_000_001 });
  });

  it.each(['yesterday', 'offset:-1', 'offset:', '2025-13-01T00:00:00Z', '1763600000000', ''])(
    'refuses %j and says what is possible',
    (text) => {
      expect(() => point(text)).toThrow(/offset:N, or a duration/);
    },
  );
});
