import { closeSync, openSync, readSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A key and its value; null: there is none, whatever an earlier run says. */
export interface Item {
  readonly at: Buffer;
  readonly value: Buffer | null;
}

/*
 * run  = item…, in the order of their keys, each key once
 * item = keyLength:u16 valueLength:i32 key value         (valueLength −1 for null)
 */
const headBytes = 6;

/** What all runs together have in memory while they are merged. */
const mergeBytes = 32 * 1024 * 1024;
const leastChunk = 16 * 1024;
const largestChunk = 512 * 1024;

const encode = (items: readonly Item[]): Buffer => {
  const size = items.reduce((sum, { at, value }) => sum + headBytes + at.length + (value?.length ?? 0), 0);
  const bytes = Buffer.allocUnsafe(size);
  let position = 0;
  for (const { at, value } of items) {
    bytes.writeUInt16BE(at.length, position);
    bytes.writeInt32BE(value === null ? -1 : value.length, position + 2);
    position += headBytes;
    position += at.copy(bytes, position);
    if (value !== null) position += value.copy(bytes, position);
  }
  return bytes;
};

/** The next bytes of a file, `size` or up to its end. */
const readAt = (path: string, position: number, size: number): Buffer => {
  const bytes = Buffer.allocUnsafe(size);
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, size, position));
  } finally {
    closeSync(file);
  }
};

function* readRun(path: string, chunk: number): Generator<Item, void, undefined> {
  let position = 0;
  let size = chunk;
  for (let bytes = readAt(path, 0, size); bytes.length > 0; bytes = readAt(path, position, size)) {
    let at = 0;
    size = chunk;
    while (bytes.length - at >= headBytes) {
      const keyEnd = at + headBytes + bytes.readUInt16BE(at);
      const valueLength = bytes.readInt32BE(at + 2);
      const end = keyEnd + Math.max(0, valueLength);
      if (end > bytes.length) {
        size = Math.max(chunk, end - at);
        break;
      }
      const value = valueLength < 0 ? null : bytes.subarray(keyEnd, end);
      yield { at: bytes.subarray(at + headBytes, keyEnd), value };
      at = end;
    }
    position += at;
  }
}

interface Head {
  item: Item;
  readonly run: number;
  readonly rest: Iterator<Item, void, undefined>;
}

/** The least key first, and of one key the latest run. */
const isBefore = (one: Head, other: Head): boolean => {
  const order = Buffer.compare(one.item.at, other.item.at);
  return order === 0 ? one.run > other.run : order < 0;
};

const sink = (heap: Head[]): void => {
  for (let at = 0; ;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2])
      if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least]!, heap[at]!];
    at = least;
  }
};

/** Takes the next of the first run of the heap. */
const advance = (heap: Head[]): void => {
  const next = heap[0]!.rest.next();
  if (next.done !== true) heap[0]!.item = next.value;
  else if (heap.length === 1) heap.pop();
  else heap[0] = heap.pop()!;
  sink(heap);
};

/**
 * Sorts more than fits into memory: sorted runs in files, then one pass over all of them. A B-tree that is filled in the
 * order of its keys writes each page once; in any other order, nearly one page for each key.
 */
export class SortedRuns {
  readonly #directory: string;
  #count = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Writes one run: sorted, each key once. @throws what the file system says. */
  async add(items: readonly Item[]): Promise<void> {
    if (this.#count === 0) await mkdir(this.#directory, { recursive: true });
    await writeFile(this.#path(this.#count), encode(items));
    this.#count += 1;
  }

  /** All items in the order of their keys, of each the latest; those without a value left out. */
  *merged(): Generator<Item, void, undefined> {
    const share = Math.floor(mergeBytes / Math.max(1, this.#count));
    const chunk = Math.min(largestChunk, Math.max(leastChunk, share));
    const heap = Array.from({ length: this.#count }, (_, run): Head[] => {
      const rest = readRun(this.#path(run), chunk);
      const first = rest.next();
      return first.done === true ? [] : [{ item: first.value, run, rest }];
    }).flat();
    // Sorted is a heap.
    heap.sort((one, other) => (isBefore(one, other) ? -1 : 1));
    let last: Buffer | undefined;
    while (heap.length > 0) {
      const { item } = heap[0]!;
      if (last?.equals(item.at) !== true && item.value !== null) yield item;
      last = item.at;
      advance(heap);
    }
  }

  /** Removes the runs. */
  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  #path(run: number): string {
    return join(this.#directory, `${run}`);
  }
}
