import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { micros } from './time.js';
import { endOfTime, readTimestamp, timestampToJson } from './timestamp.js';

const read = (value: unknown): bigint | string => {
  const reading = readTimestamp(value);
  return reading.type === 'read' ? reading.timestamp : reading.reason;
};

describe('a timestamp in seconds', () => {
  it.each([
    [0, 0n],
    [-0, 0n],
    [1_767_225_600, 1_767_225_600_000_000n],
    [1_767_225_600.123456, 1_767_225_600_123_456n],
    [1_767_225_600.1234565, 1_767_225_600_123_457n],
    [1_767_225_600.1234562, 1_767_225_600_123_456n],
    [1.9999996, 2_000_000n],
    [0.0000005, 1n],
    [0.00000049, 0n],
    [5e-324, 0n],
    [0.0000015, 2n],
    [1.0000005, 1_000_001n],
    [9_000_000_000.123457, 9_000_000_000_123_457n],
    [9_223_372_035.75, 9_223_372_035_750_000n],
  ])('%d is %d µs, halves rounded up by its decimal text', (seconds, expected) => {
    expect(read(seconds)).toBe(expected);
  });

  it.each([-1, -1e-9, 9_223_372_036, 1_767_225_600_000, NaN, Infinity, -Infinity])(
    'refuses %d',
    (seconds) => {
      expect(read(seconds)).toMatch(/^must be in seconds/);
    },
  );

  it('is what exact decimal arithmetic gives', () => {
    const exact = (text: string): bigint => {
      const [whole = '', fraction = ''] = text.split('.');
      const scaled = BigInt(whole + fraction.padEnd(12, '0').slice(0, 12));
      return (scaled + 500_000n) / 1_000_000n;
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9_223_372_034 }),
        fc.integer({ min: 0, max: 9_999_999 }),
        (whole, part) => {
          const seconds = Number(`${whole}.${String(part).padStart(7, '0')}`);
          const text = String(seconds);
          fc.pre(!text.includes('e'));
          expect(read(seconds)).toBe(exact(text));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a timestamp as a date-time', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['2026-01-01T00:00:00', 1_767_225_600_000_000n],
    ['2026-01-01T00:00Z', 1_767_225_600_000_000n],
    ['2026-01-01T01:00:00+01:00', 1_767_225_600_000_000n],
    ['2025-12-31T14:30:00-09:30', 1_767_225_600_000_000n],
    ['1969-12-31T23:30:00-01:00', 1_800_000_000n],
    ['2026-01-01T00:00:00.1Z', 1_767_225_600_100_000n],
    ['2026-01-01T00:00:00,123456Z', 1_767_225_600_123_456n],
    ['2026-01-01T00:00:00.1234569999Z', 1_767_225_600_123_456n],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000_000n],
    ['2262-04-11T23:47:15.999999Z', 9_223_372_035_999_999n],
  ])('%s is %d µs', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    ['2025-02-29T00:00:00Z', 'names a date that does not exist'],
    ['2026-04-31T00:00:00Z', 'names a date that does not exist'],
    ['2026-13-01T00:00:00Z', 'names a date that does not exist'],
    ['2026-00-10T00:00:00Z', 'names a date that does not exist'],
    ['2026-01-00T00:00:00Z', 'names a date that does not exist'],
    ['2026-01-01T24:00:00Z', 'names a time that does not exist'],
    ['2026-01-01T00:60:00Z', 'names a time that does not exist'],
    ['2026-01-01T00:00:60Z', 'names a time that does not exist'],
    ['2026-01-01T00:00:00+24:00', 'names a time that does not exist'],
    ['2026-01-01T00:00:00+00:60', 'names a time that does not exist'],
  ])('refuses the impossible %s', (text, reason) => {
    expect(read(text)).toBe(reason);
  });

  it.each([
    '1969-12-31T23:59:59Z',
    '1970-01-01T00:00:00+01:00',
    '0099-01-01T00:00:00Z',
    '2262-04-11T23:47:16Z',
  ])('refuses %s, out of range', (text) => {
    expect(read(text)).toMatch(/^must be in seconds/);
  });

  it.each([
    '',
    '1767225600',
    '2026-01-01',
    '2026-01-01 00:00:00Z',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00:00+0100',
    '2026-01-01T00:00:00Z\n',
    '20260101T000000Z',
  ])('refuses %j, no ISO 8601 date-time', (text) => {
    expect(read(text)).toMatch(/^must be a number of seconds or an ISO 8601/);
  });

  it.each([true, 1n, {}, [], null, undefined])('refuses %p', (value) => {
    expect(read(value)).toMatch(/^must be a number of seconds or an ISO 8601/);
  });
});

describe('a timestamp written as JSON', () => {
  it('reads back to the same microsecond, through JSON text, over the whole range', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: endOfTime - 1n }), (time) => {
        expect(read(JSON.parse(JSON.stringify(timestampToJson(micros(time)))))).toBe(time);
      }),
      { numRuns: 2000 },
    );
  });

  it('is a number in our days and a date-time where a number could not tell it', () => {
    expect(timestampToJson(micros(1_767_225_600_123_457n))).toBe(1_767_225_600.123457);
    expect(timestampToJson(micros(9_223_372_035_999_999n))).toBe('2262-04-11T23:47:15.999999Z');
  });
});
