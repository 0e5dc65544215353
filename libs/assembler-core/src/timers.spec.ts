import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { millis } from '@kaizen-trace/contracts';
import type { Timer } from './timers.js';
import { cancel, nextTimer, schedule } from './timers.js';

const arbitraryTimer = fc
  .record({ deadline: fc.nat({ max: 9 }).map(millis), offset: fc.bigInt({ min: 0n, max: 9n }) })
  .map((timer): Timer<undefined> => ({ ...timer, subject: undefined, slot: -1 }));

const orderOf = ({ deadline, offset }: Timer<undefined>): string => `${deadline} ${offset}`;

describe('timers', () => {
  it('fire by deadline and offset, whatever was cancelled in between', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryTimer, { maxLength: 60 }),
        fc.array(fc.nat({ max: 59 })),
        (all, cancelled) => {
          const timers: Timer<undefined>[] = [];
          for (const timer of all) schedule(timers, timer);
          const gone = new Set(cancelled.flatMap((n) => all[n] ?? []));
          for (const timer of [...gone, ...gone]) cancel(timers, timer);
          const fired: string[] = [];
          for (let next = nextTimer(timers); next !== undefined; next = nextTimer(timers)) {
            fired.push(orderOf(next));
            cancel(timers, next);
          }
          expect(fired).toEqual(
            all
              .filter((timer) => !gone.has(timer))
              .map(orderOf)
              .sort(),
          );
        },
      ),
    );
  });
});
