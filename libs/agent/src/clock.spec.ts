import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { nowSeconds } from './clock.js';

describe('the clock', () => {
  let system: number;
  let steady: number;
  beforeEach(() => {
    system = 1_800_000_000_000;
    steady = 1_000;
    jest.spyOn(Date, 'now').mockImplementation(() => Math.floor(system));
    jest.spyOn(performance, 'now').mockImplementation(() => steady);
    nowSeconds();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const pass = (steadyMs: number, systemMs = steadyMs): number => {
    steady += steadyMs;
    system += systemMs;
    return nowSeconds() * 1000;
  };

  it('goes on by the microsecond between two looks at the system', () => {
    const before = nowSeconds();
    steady += 0.25;
    expect(nowSeconds() - before).toBeCloseTo(0.00025, 6);
  });

  it('stays within 3 ms of the system where the steady clock runs away, and never goes back', () => {
    let latest = 0;
    // Ten days, in steps of a second, of a clock that is 50 ppm fast.
    for (let n = 0; n < 864_000; n += 1) {
      const now = pass(1000.05, 1000);
      if (Math.abs(now - system) > 3 || now < latest) throw new Error(`${now} at ${system}, step ${n}`);
      latest = now;
    }
    expect(Math.abs(latest - system)).toBeLessThanOrEqual(3);
  });

  it('follows a slow steady clock as well', () => {
    for (let n = 0; n < 100_000; n += 1) {
      const now = pass(999.9, 1000);
      if (Math.abs(now - system) > 3) throw new Error(`${now} at ${system}, step ${n}`);
    }
  });

  it.each([[3_600_000], [-3_600_000], [10], [-10]])('follows a system clock that is set by %d ms', (ms) => {
    const before = nowSeconds() * 1000;
    expect(Math.abs(pass(0, ms) - (before + ms))).toBeLessThanOrEqual(3);
  });

  it('has not stood still while the machine slept', () => {
    expect(Math.abs(pass(0, 8 * 3_600_000) - system)).toBeLessThanOrEqual(3);
  });
});

describe('the real clock', () => {
  it('tells the time that Date.now() tells', () => {
    for (let n = 0; n < 10_000; n += 1) {
      const before = Date.now();
      const now = nowSeconds() * 1000;
      expect(now).toBeGreaterThan(before - 3);
      expect(now).toBeLessThan(Date.now() + 4);
    }
  });
});
