import type { Millis } from '@kaizen-trace/contracts';

/** A deadline and the record that it is about. No two timers are about one record: a trace's waits for its last member. */
export interface Timer<Subject> {
  readonly deadline: Millis;
  readonly offset: bigint;
  readonly subject: Subject;
  /** Place in the heap; −1 when it is in none. */
  slot: number;
}

/**
 * Pending timers as a binary heap by (deadline, offset). Timers know their slots, so cancelling leaves nothing
 * behind: memory follows what is open, not what was opened within the TTL. Stream time moves forward, so nearly every
 * timer is added at its place in one step.
 */
export type Timers<Subject> = Timer<Subject>[];

const isBefore = <Subject>(a: Timer<Subject>, b: Timer<Subject>): boolean => {
  if (a.deadline !== b.deadline) return a.deadline < b.deadline;
  return a.offset < b.offset;
};

const put = <Subject>(timers: Timers<Subject>, timer: Timer<Subject>, slot: number): void => {
  timers[slot] = timer;
  timer.slot = slot;
};

const rise = <Subject>(timers: Timers<Subject>, timer: Timer<Subject>, from: number): void => {
  let slot = from;
  while (slot > 0) {
    const above = (slot - 1) >> 1;
    const other = timers[above]!;
    if (!isBefore(timer, other)) break;
    put(timers, other, slot);
    slot = above;
  }
  put(timers, timer, slot);
};

const sink = <Subject>(timers: Timers<Subject>, timer: Timer<Subject>, from: number): void => {
  let slot = from;
  for (;;) {
    let below = 2 * slot + 1;
    if (below >= timers.length) break;
    if (below + 1 < timers.length && isBefore(timers[below + 1]!, timers[below]!)) below += 1;
    const other = timers[below]!;
    if (!isBefore(other, timer)) break;
    put(timers, other, slot);
    slot = below;
  }
  put(timers, timer, slot);
};

/** Adds a timer that is in no heap. */
export const schedule = <Subject>(timers: Timers<Subject>, timer: Timer<Subject>): void => {
  timers.push(timer);
  rise(timers, timer, timers.length - 1);
};

/** Takes a timer out; one that is not in the heap is left alone. */
export const cancel = <Subject>(timers: Timers<Subject>, timer: Timer<Subject>): void => {
  const { slot } = timer;
  if (slot < 0) return;
  timer.slot = -1;
  const last = timers.pop();
  if (last === undefined || last === timer) return;
  if (slot > 0 && isBefore(last, timers[(slot - 1) >> 1]!)) rise(timers, last, slot);
  else sink(timers, last, slot);
};

/** The timer that fires next. */
export const nextTimer = <Subject>(timers: Timers<Subject>): Timer<Subject> | undefined => timers[0];
