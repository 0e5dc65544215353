import type { Clock } from '@kaizen-trace/ports';

/** A bell that one waiter listens to: ringing ends the wait at once, and a ring without waiter is remembered. */
export interface Latch {
  ring(): void;
  /** Resolves on the next ring, or after `ms` of the clock; without `ms` on the ring alone. */
  wait(ms?: number): Promise<void>;
}

/** A latch that nobody has rung. */
export const createLatch = (clock: Clock): Latch => {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: async (ms) => {
      if (!rung) {
        const timer = new AbortController();
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (ms !== undefined) void clock.sleep(ms, timer.signal).then(resolve);
        });
        wake = undefined;
        timer.abort();
      }
      rung = false;
    },
  };
};
