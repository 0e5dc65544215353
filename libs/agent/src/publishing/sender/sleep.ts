import { ahead, cell } from '../cells.js';

/** What the sender saw when it looked whether there is something to do. */
export interface Look {
  readonly heard: number;
  readonly putEvents: number;
  readonly putWords: number;
}

/** Looks, before anything is decided: what comes in after it ends a sleep that was begun on its account. */
export const look = (cells: Int32Array<SharedArrayBuffer>): Look => ({
  heard: Atomics.load(cells, cell.bell),
  putEvents: Atomics.load(cells, cell.putEvents),
  putWords: Atomics.load(cells, cell.putWords),
});

/** What ends a sleep, beside the bell. */
export interface WakeUp {
  /** So many more events, or bytes of them, than when looked. */
  readonly events: number;
  readonly bytes: number;
  /** Milliseconds; Infinity: never. */
  readonly ms: number;
}

/**
 * Sleeps until one of them comes, or the bell rings, counted from the look. Costs the agent nothing but a look, and this
 * thread nothing.
 */
export const sleepUntil = async (
  cells: Int32Array<SharedArrayBuffer>,
  { heard, putEvents, putWords }: Look,
  { events, bytes, ms }: WakeUp,
): Promise<void> => {
  const wakeAtEvents = (putEvents + events) | 0;
  const wakeAtWords = (putWords + Math.max(1, bytes >>> 2)) | 0;
  Atomics.store(cells, cell.wakeAtEvents, wakeAtEvents);
  Atomics.store(cells, cell.wakeAtWords, wakeAtWords);
  Atomics.store(cells, cell.asleep, 1);
  // What came in before the agent could see that we sleep.
  const isDue =
    ahead(Atomics.load(cells, cell.putEvents), wakeAtEvents) >= 0 ||
    ahead(Atomics.load(cells, cell.putWords), wakeAtWords) >= 0;
  if (!isDue) {
    const waiting = Atomics.waitAsync(cells, cell.bell, heard, ms);
    if (waiting.async) await waiting.value;
  }
  Atomics.store(cells, cell.asleep, 0);
};
