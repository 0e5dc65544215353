import { setTimeout as delay } from 'node:timers/promises';
import { millis } from '@kaizen-trace/contracts';
import type { Clock } from '@kaizen-trace/ports';

/** The longest wait that Node's timers know; a longer sleep ends early, and its caller looks again. */
const longestTimer = 2_147_483_647;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => millis(Date.now()),
  sleep: async (ms, signal) => {
    const wait = Math.min(Math.max(ms, 0), longestTimer);
    await delay(wait, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
};
