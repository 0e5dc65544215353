import { Buffer } from 'node:buffer';
import { ahead, cell, type Shared } from '../cells.js';
import { maxLineBytes } from '../intake/intake.js';
import { endOfLap, frameWords, wordBytes, type RingMemory } from '../ring.js';
import type { BatchLimits, Peeked, Source } from './source.js';

/** Lines of the ring, with the position after each. */
export interface RingBatch extends Peeked {
  readonly from: number;
  readonly ends: readonly number[];
}

/** Reads the ring. The only one that does. */
export class RingSource implements Source<RingBatch> {
  readonly #shared: Shared;
  readonly #ring: RingMemory;
  /** A copy of our own: what lies in the ring may be overwritten at any time. */
  readonly #copy: Int32Array;
  readonly #copyBytes: Buffer;
  /** What a sender before this one may have sent, and did not see answered. */
  #mayRepeat: number;

  constructor(shared: Shared, ring: RingMemory, batchBytes: number) {
    this.#shared = shared;
    this.#ring = ring;
    const words = frameWords(Math.max(batchBytes, maxLineBytes)) + 1;
    this.#copy = new Int32Array(words);
    this.#copyBytes = Buffer.from(this.#copy.buffer);
    this.#mayRepeat = shared.counters.read('inFlight');
  }

  waiting(): { readonly events: number; readonly bytes: number } {
    const { cells } = this.#shared;
    const put = Atomics.load(cells, cell.putEvents);
    const gone = Atomics.load(cells, cell.droppedEvents) + Atomics.load(cells, cell.takenEvents);
    const bytes = ahead(Atomics.load(cells, cell.putWords), Atomics.load(cells, cell.head)) * wordBytes;
    return { events: ahead(put, gone), bytes };
  }

  peek(limits: BatchLimits): RingBatch {
    const { cells } = this.#shared;
    for (;;) {
      const head = Atomics.load(cells, cell.head);
      const span = this.#copySpan(head);
      if (span === 0) return { lines: [], from: head, ends: [] };
      // What was dropped while it was being copied may be torn. Adding nothing also keeps the copy before the look.
      const from = Atomics.add(cells, cell.head, 0);
      const start = ahead(from, head);
      if (start >= span) continue;
      if (this.#copy[start] === endOfLap) {
        const at = from & (this.#ring.capacity - 1);
        Atomics.compareExchange(cells, cell.head, from, (from + this.#ring.capacity - at) | 0);
        continue;
      }
      return this.#frames({ start, span, from }, limits);
    }
  }

  begin(_batch: RingBatch, count: number): void {
    this.#shared.counters.set('inFlight', count);
  }

  settle({ from, ends }: RingBatch, count: number): number {
    const { cells, counters } = this.#shared;
    const end = count === 0 ? from : ends[count - 1]!;
    let rescued = 0;
    for (let expected = from; ;) {
      const found = Atomics.compareExchange(cells, cell.head, expected, end);
      if (found === expected) break;
      // The agent dropped these meanwhile: they count as delivered all the same.
      expected = found;
      rescued = 0;
      while (rescued < count && ahead(found, ends[rescued]!) >= 0) rescued += 1;
      if (ahead(found, end) >= 0) break;
    }
    counters.add('rescued', rescued);
    Atomics.add(cells, cell.takenEvents, count - rescued);
    counters.set('inFlight', 0);
    const repeated = Math.min(count, this.#mayRepeat);
    this.#mayRepeat = 0;
    return repeated;
  }

  /** Copies what may be a batch, to the end of the lap at most. Gives its words. */
  #copySpan(head: number): number {
    const { words, capacity } = this.#ring;
    const at = head & (capacity - 1);
    const there = ahead(Atomics.load(this.#shared.cells, cell.putWords), head);
    const span = Math.max(0, Math.min(there, capacity - at, this.#copy.length));
    this.#copy.set(words.subarray(at, at + span));
    return span;
  }

  #frames(
    { start, span, from }: { readonly start: number; readonly span: number; readonly from: number },
    limits: BatchLimits,
  ): RingBatch {
    const lines: string[] = [];
    const ends: number[] = [];
    let at = start;
    for (let bytes = 0; at < span && lines.length < limits.events;) {
      const length = this.#copy[at]!;
      if (length === endOfLap || at + frameWords(length) > span) break;
      bytes += length;
      if (lines.length > 0 && bytes > limits.bytes) break;
      const first = (at + 1) * wordBytes;
      lines.push(this.#copyBytes.toString('utf8', first, first + length));
      at += frameWords(length);
      ends.push((from + at - start) | 0);
    }
    return { lines, from, ends };
  }
}
