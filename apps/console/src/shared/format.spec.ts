import { describe, expect, it } from '@jest/globals';
import { counted, formatAge, formatDuration, formatShortCount, shortId } from './format.js';

const second = 1_000_000;

describe('durations', () => {
  it.each([
    [0, '0'],
    [-5, '0'],
    [1, '1 µs'],
    [999.4, '999 µs'],
    [999.7, '1 ms'],
    [12_340, '12.3 ms'],
    [999_700, '1 s'],
    [4.5 * second, '4.5 s'],
    [59.97 * second, '1 min'],
    [200 * second, '3 min 20 s'],
    [3_599.6 * second, '1 h'],
    [30 * 3_600 * second + 300 * second, '30 h 5 min'],
    [52 * 3_600 * second, '2 d 4 h'],
  ])('%d µs are %s', (micros, text) => expect(formatDuration(micros)).toBe(text));
});

describe('counts and ages', () => {
  it('are in words', () => {
    expect([counted(1, 'span'), counted(50_000, 'span')]).toEqual(['1 span', '50,000 spans']);
    expect([950, 12_345, 4_560_000].map(formatShortCount)).toEqual(['950', '12.3k', '4.56M']);
    expect([0, 42, 300, 7_200, 200_000].map((seconds) => formatAge(seconds * second))).toEqual([
      'now',
      '42 s ago',
      '5 min ago',
      '2 h ago',
      '2 d ago',
    ]);
  });
});

describe('trace ids in short', () => {
  it('tell apart those that were made in one second', () => {
    const ids = ['01a206866cf176e5a375c9a7eb85fa23', '01a206863f1976adb91495b402a81bdf'];
    expect(ids.map(shortId)).toEqual(['01a2…85fa23', '01a2…a81bdf']);
    expect(shortId('4f1')).toBe('4f1');
  });
});
