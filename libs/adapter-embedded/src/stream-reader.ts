import { setImmediate } from 'node:timers/promises';
import type { Millis } from '@kaizen-trace/contracts';
import type { LogBounds, LogPlace, LogReader, Offset, RecordBatch, ScanRange } from '@kaizen-trace/ports';
import type { Stream } from './keys.js';
import type { Store } from './store.js';

/** Bounded reading of one log. Scanning below the start throws OffsetOutOfRangeError: nothing is skipped unseen. */
export class StreamReader implements LogReader {
  readonly #store: Store;
  readonly #stream: Stream;

  constructor(store: Store, stream: Stream) {
    this.#store = store;
    this.#stream = stream;
  }

  partitionCount(): Promise<number> {
    return Promise.resolve(this.#store.partitions);
  }

  bounds(partition: number): Promise<LogBounds> {
    return Promise.resolve(boundsOf(this.#store, this.#stream, partition));
  }

  allBounds(): Promise<readonly LogBounds[]> {
    const { partitions } = this.#store;
    return Promise.resolve(
      Array.from({ length: partitions }, (_, partition) => boundsOf(this.#store, this.#stream, partition)),
    );
  }

  appendTimes(places: readonly LogPlace[]): Promise<readonly (Millis | undefined)[]> {
    return Promise.resolve(places.map((place) => this.#timeAt(place)));
  }

  offsetAt(partition: number, time: Millis): Promise<Offset> {
    const { logs } = this.#store;
    return Promise.resolve(this.#store.read(() => logs.offsetAt(this.#stream, partition, time)));
  }

  async *scan({ partition, from, to }: ScanRange, signal?: AbortSignal): AsyncIterable<RecordBatch> {
    const { logs } = this.#store;
    let position: bigint = from;
    while (position < to && signal?.aborted !== true) {
      const range = { from: position, to };
      const batch = this.#store.read(() => logs.batch(this.#stream, partition, range));
      if (batch === undefined) return;
      yield batch;
      position = batch.nextOffset;
      await setImmediate();
    }
  }

  #timeAt({ partition, offset: wanted }: LogPlace): Millis | undefined {
    const { logs } = this.#store;
    return this.#store.read(() => {
      const { start } = logs.head(this.#stream, partition);
      const from: bigint = wanted < start ? start : wanted;
      return logs.batch(this.#stream, partition, { from, to: from + 1n })?.records[0]?.appendTime;
    });
  }
}

/** The bounds of a partition, as they are now. */
export const boundsOf = (store: Store, stream: Stream, partition: number): LogBounds => {
  const { start, end } = store.read(() => store.logs.head(stream, partition));
  return { start, end };
};

/** What to follow, and from where. */
export interface Following {
  readonly stream: Stream;
  readonly partition: number;
  readonly from: Offset;
}

const noLimit = 2n ** 64n - 1n;

/**
 * Reads on from an offset and waits at the end for more, until the signal aborts. Gives way to the event loop between
 * batches.
 */
export async function* follow(
  store: Store,
  { stream, partition, from }: Following,
  signal: AbortSignal,
): AsyncIterable<RecordBatch> {
  let position: bigint = from;
  while (!signal.aborted) {
    const range = { from: position, to: noLimit };
    const batch = store.read(() => store.logs.batch(stream, partition, range));
    if (batch === undefined) {
      await store.watch.changed(signal);
      continue;
    }
    yield batch;
    position = batch.nextOffset;
    await setImmediate();
  }
}
