import { describe, expect, it } from '@jest/globals';
import { millis } from '@kaizen-trace/contracts';
import { createTicker } from './ticker.js';

describe('the ticker of an idle partition', () => {
  it('needs no tick where nothing has a deadline', () => {
    expect(createTicker().dueAt(undefined)).toBeUndefined();
  });

  it('is due when the deadline has passed', () => {
    expect(createTicker().dueAt(millis(5_000))).toBe(5_000);
  });

  it('keeps a second between two ticks, doubling while nothing falls due', () => {
    const ticker = createTicker();
    const pauses: number[] = [];
    let now = 10_000;
    for (let tick = 0; tick < 7; tick++) {
      ticker.appended(millis(now));
      ticker.returned();
      const due = ticker.dueAt(millis(0)) ?? 0;
      pauses.push(due - now);
      now = due;
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('begins again with a second after progress', () => {
    const ticker = createTicker();
    for (const now of [0, 1_000, 3_000]) {
      ticker.appended(millis(now));
      ticker.returned();
    }
    ticker.progressed();
    ticker.appended(millis(7_000));
    ticker.returned();
    expect(ticker.dueAt(millis(0))).toBe(8_000);
  });

  it('has at most one tick in flight, and gives up on a lost one after 30 s', () => {
    const ticker = createTicker();
    ticker.appended(millis(1_000));
    expect(ticker.dueAt(millis(0))).toBe(31_000);
    ticker.returned();
    expect(ticker.dueAt(millis(0))).toBe(2_000);
  });
});
