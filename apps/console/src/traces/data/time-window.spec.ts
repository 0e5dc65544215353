import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitted, panned, ticksOf, whole, zoomed } from './time-window.js';

const fraction = fc.double({ min: 0, max: 1, noNaN: true });

describe('a window of time', () => {
  it('stays within the trace, whatever is done to it', () => {
    const step = fc.oneof(
      fc.record({ zoom: fc.double({ min: 0.01, max: 20, noNaN: true }), around: fraction }),
      fc.record({ pan: fc.double({ min: -5, max: 5, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let window = whole;
        for (const each of steps)
          window = 'pan' in each ? panned(window, each.pan) : zoomed(window, each.zoom, each.around);
        expect(window.from).toBeGreaterThanOrEqual(0);
        expect(window.to).toBeLessThanOrEqual(1 + 1e-12);
        expect(window.to).toBeGreaterThan(window.from);
      }),
    );
  });

  it('may be dragged from right to left', () =>
    expect(fitted({ from: 0.75, to: 0.25 })).toEqual({ from: 0.25, to: 0.75 }));

  it('has a scale with a few round times', () => {
    const second = 1e6;
    expect(ticksOf(0, 60 * second, 5)).toEqual([0, 15, 30, 45, 60].map((each) => each * second));
    expect(ticksOf(0, 1_000, 5)).toEqual([0, 200, 400, 600, 800, 1_000]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e13 }), (length) => {
        const ticks = ticksOf(0, length, 5);
        expect(ticks.length).toBeGreaterThanOrEqual(1);
        expect(ticks.length).toBeLessThanOrEqual(12);
      }),
    );
  });
});
