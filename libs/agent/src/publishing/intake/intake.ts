import { ahead, cell, ring } from '../cells.js';

/** Why a line was not taken in. */
export type Obstacle = 'full' | 'too-large' | 'unwritable';

/** Where the agent's thread puts its lines. */
export interface Intake {
  /** Takes a copy of the line, or says why not. Never waits and never throws. */
  put(line: string): 'put' | Obstacle;
  /** Bytes that wait, headers included. */
  waitingBytes(): number;
  /** Gives up what it holds open. */
  close(): void;
}

/** The most bytes of UTF-8 that one line may have; the log takes no larger event. */
export const maxLineBytes = 512 * 1024;

/** Says that an event of so many words was put in, and wakes the sender where it wants to know. */
export const announce = (cells: Int32Array<SharedArrayBuffer>, events: number, words: number): void => {
  Atomics.store(cells, cell.putWords, words);
  Atomics.store(cells, cell.putEvents, events);
  if (Atomics.load(cells, cell.asleep) === 0) return;
  const isDue =
    ahead(events, Atomics.load(cells, cell.wakeAtEvents)) >= 0 ||
    ahead(words, Atomics.load(cells, cell.wakeAtWords)) >= 0;
  if (isDue && Atomics.compareExchange(cells, cell.asleep, 1, 0) === 1) ring(cells, cell.bell);
};
