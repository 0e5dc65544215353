import { describe, expect, it } from '@jest/globals';
import { compareText, goDuration, goTime, valueAsText } from './go-format.js';

describe('text as Go prints it', () => {
  it.each([
    [0n, '0s'],
    [1n, '1ns'],
    [1_100n, '1.1µs'],
    [2_200_000n, '2.2ms'],
    [-45_000_000n, '-45ms'],
    [3_300_000_000n, '3.3s'],
    [305_000_000_000n, '5m5s'],
    [305_001_000_000n, '5m5.001s'],
    [18_367_001_000_000n, '5h6m7.001s'],
    [480_000_000_001n, '8m0.000000001s'],
    [2n ** 63n - 1n, '2562047h47m16.854775807s'],
    [-(2n ** 63n), '-2562047h47m16.854775808s'],
  ])('prints the duration %s ns as %s', (nanoseconds, text) => {
    expect(goDuration(nanoseconds)).toBe(text);
  });

  it.each([
    [0n, '1970-01-01 00:00:00 +0000 UTC'],
    [1_748_131_200_000_000_001n, '2025-05-25 00:00:00.000000001 +0000 UTC'],
    [1_748_131_200_250_000_000n, '2025-05-25 00:00:00.25 +0000 UTC'],
    [-1n, '1969-12-31 23:59:59.999999999 +0000 UTC'],
  ])('prints the time %s as %s', (nanoseconds, text) => {
    expect(goTime(nanoseconds)).toBe(text);
  });

  it('orders text by its bytes in UTF-8', () => {
    const texts = ['', 'a', 'b', 'ä', '\ud7ff', '\ue000', '\uffff', '🐎', '🐎a'];
    const byBytes = [...texts].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    expect([...texts].reverse().sort(compareText)).toEqual(byBytes);
  });

  it('prints numbers that JSON cannot say in words of its own', () => {
    expect(valueAsText({ type: 'double', value: Infinity })).toBe('json: unsupported value: +Inf');
    expect(valueAsText({ type: 'array', values: [{ type: 'double', value: NaN }] })).toBe('');
  });
});
