import { ahead, cell } from '../cells.js';

/** What ends a sleep, beside the bell. */
export interface WakeUp {
  /** So many more events, or bytes of them. */
  readonly events: number;
  readonly bytes: number;
  /** Milliseconds; Infinity: never. */
  readonly ms: number;
}

/** Sleeps until one of them comes, or the bell rings. Costs the agent nothing but a look, and this thread nothing. */
export const sleepUntil = async (
  cells: Int32Array<SharedArrayBuffer>,
  { events, bytes, ms }: WakeUp,
): Promise<void> => {
  const heard = Atomics.load(cells, cell.bell);
  const wakeAtEvents = (Atomics.load(cells, cell.putEvents) + events) | 0;
  const wakeAtWords = (Atomics.load(cells, cell.putWords) + Math.max(1, bytes >>> 2)) | 0;
  Atomics.store(cells, cell.wakeAtEvents, wakeAtEvents);
  Atomics.store(cells, cell.wakeAtWords, wakeAtWords);
  return wait(cells, { heard, wakeAtEvents, wakeAtWords, ms });
};

const wait = async (
  cells: Int32Array<SharedArrayBuffer>,
  until: {
    readonly heard: number;
    readonly wakeAtEvents: number;
    readonly wakeAtWords: number;
    readonly ms: number;
  },
): Promise<void> => {
  Atomics.store(cells, cell.asleep, 1);
  // What came in before the agent could see that we sleep.
  const isDue =
    ahead(Atomics.load(cells, cell.putEvents), until.wakeAtEvents) >= 0 ||
    ahead(Atomics.load(cells, cell.putWords), until.wakeAtWords) >= 0;
  if (!isDue) {
    const waiting = Atomics.waitAsync(cells, cell.bell, until.heard, until.ms);
    if (waiting.async) await waiting.value;
  }
  Atomics.store(cells, cell.asleep, 0);
};
