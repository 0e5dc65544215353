import { Buffer } from 'node:buffer';

/**
 * A bounded queue of lines in shared memory, for one writer and one reader on two threads.
 *
 * ```text
 * frame    = length, bytes, padding to a word      ; length: bytes of UTF-8, one 32-bit word
 *          | -1, rest of the lap                   ; the next frame begins at the start of the memory
 * position = words since the beginning, mod 2^32   ; capacity is a power of two, so laps divide it
 * ```
 *
 * The reader looks, sends, and only then moves the head: what it had not finished is there for whoever reads next. The
 * writer may move the head too, to drop the oldest; both do so by compare-and-exchange, so each learns of the other. A
 * reader compares positions within half of their range, 8 GiB of traffic: it looks again at least every half minute.
 */
export const endOfLap = -1;

/** Bytes of a word. */
export const wordBytes = 4;

/** Words of a frame whose line has so many bytes. */
export const frameWords = (bytes: number): number => 1 + ((bytes + 3) >>> 2);

/** The queue's memory as both sides see it. */
export interface RingMemory {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly bytes: Buffer;
  /** Words, a power of two. */
  readonly capacity: number;
}

/** The smallest power of two that is at least `bytes`. */
export const ringBytes = (bytes: number): number => 2 ** Math.ceil(Math.log2(bytes));

/** Opens a view of the queue's memory, whose size is a power of two. */
export const openRingMemory = (memory: SharedArrayBuffer): RingMemory => ({
  words: new Int32Array(memory),
  bytes: Buffer.from(memory),
  capacity: memory.byteLength / wordBytes,
});
