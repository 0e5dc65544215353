/** A queue by time; what was put in first comes first among equal times. */
export interface TimeQueue<T> {
  readonly size: number;
  push(time: number, item: T): void;
  /** The earliest time, or undefined where the queue is empty. */
  nextTime(): number | undefined;
  /** @throws Error where the queue is empty. */
  pop(): { readonly time: number; readonly item: T };
}

interface Entry<T> {
  readonly time: number;
  readonly order: number;
  readonly item: T;
}

const precedes = <T>(a: Entry<T>, b: Entry<T>): boolean =>
  a.time < b.time || (a.time === b.time && a.order < b.order);

/** Opens an empty queue: a binary heap. */
export const openTimeQueue = <T>(): TimeQueue<T> => {
  const heap: Entry<T>[] = [];
  let pushed = 0;
  const rise = (entry: Entry<T>): void => {
    let index = heap.length - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!precedes(entry, heap[above]!)) break;
      heap[index] = heap[above]!;
      index = above;
    }
    heap[index] = entry;
  };
  const sink = (entry: Entry<T>): void => {
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && precedes(heap[below + 1]!, heap[below]!)) below++;
      if (!precedes(heap[below]!, entry)) break;
      heap[index] = heap[below]!;
      index = below;
    }
    heap[index] = entry;
  };
  return {
    get size() {
      return heap.length;
    },
    push(time, item) {
      const entry = { time, order: pushed++, item };
      heap.push(entry);
      rise(entry);
    },
    nextTime: () => heap[0]?.time,
    pop() {
      const first = heap[0];
      const last = heap.pop();
      if (!first || !last) throw new Error('the queue is empty');
      if (heap.length > 0) sink(last);
      return first;
    },
  };
};
