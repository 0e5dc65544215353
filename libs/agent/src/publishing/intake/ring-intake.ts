import { Buffer } from 'node:buffer';
import { ahead, cell } from '../cells.js';
import { endOfLap, frameWords, wordBytes, type RingMemory } from '../ring.js';
import { announce, maxLineBytes, type Intake } from './intake.js';

/** Puts lines into the ring. The only one that writes there. */
export class RingIntake implements Intake {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #ring: RingMemory;
  readonly #mask: number;
  readonly #dropsOldest: boolean;
  #tail = 0;
  /** Where the head was when last looked at; it only ever moves on. */
  #head = 0;
  #events = 0;
  #dropped = 0;

  constructor(cells: Int32Array<SharedArrayBuffer>, ring: RingMemory, dropsOldest: boolean) {
    this.#cells = cells;
    this.#ring = ring;
    this.#mask = ring.capacity - 1;
    this.#dropsOldest = dropsOldest;
    this.#tail = Atomics.load(cells, cell.putWords);
    this.#head = Atomics.load(cells, cell.head);
  }

  put(line: string): 'put' | 'full' | 'too-large' {
    // No UTF-16 unit takes more than three bytes: mostly that is answer enough, and counting is spared.
    let bytes = line.length * 3;
    if (bytes > maxLineBytes) {
      if (line.length > maxLineBytes) return 'too-large';
      bytes = Buffer.byteLength(line);
      if (bytes > maxLineBytes) return 'too-large';
    }
    if (!this.#hasRoom(bytes)) {
      bytes = Buffer.byteLength(line);
      if (!this.#hasRoom(bytes) && !this.#makeRoom(bytes)) return 'full';
    }
    this.#write(line, bytes);
    return 'put';
  }

  waitingBytes(): number {
    return ahead(this.#tail, Atomics.load(this.#cells, cell.head)) * wordBytes;
  }

  close(): void {
    // Memory only: nothing is open.
  }

  /** Words that a frame takes here, with what is passed over at the end of the lap. */
  #needed(bytes: number): number {
    const words = frameWords(bytes);
    const left = this.#ring.capacity - (this.#tail & this.#mask);
    return words <= left ? words : words + left;
  }

  #hasRoom(bytes: number): boolean {
    const needed = this.#needed(bytes);
    if (this.#free() >= needed) return true;
    this.#head = Atomics.load(this.#cells, cell.head);
    return this.#free() >= needed;
  }

  #free(): number {
    return this.#ring.capacity - ahead(this.#tail, this.#head);
  }

  #makeRoom(bytes: number): boolean {
    if (!this.#dropsOldest) return false;
    while (!this.#hasRoom(bytes)) this.#dropOne();
    return true;
  }

  /** Moves the head past the oldest frame, unless the reader was there first. */
  #dropOne(): void {
    const head = this.#head;
    const at = head & this.#mask;
    const length = this.#ring.words[at]!;
    const size = length === endOfLap ? this.#ring.capacity - at : frameWords(length);
    const found = Atomics.compareExchange(this.#cells, cell.head, head, (head + size) | 0);
    if (found !== head || length === endOfLap) return;
    this.#dropped = (this.#dropped + 1) | 0;
    Atomics.store(this.#cells, cell.droppedEvents, this.#dropped);
  }

  #write(line: string, bound: number): void {
    const { words, bytes, capacity } = this.#ring;
    let at = this.#tail & this.#mask;
    if (frameWords(bound) > capacity - at) {
      words[at] = endOfLap;
      this.#tail = (this.#tail + capacity - at) | 0;
      at = 0;
    }
    const written = bytes.write(line, (at + 1) * wordBytes, bound, 'utf8');
    words[at] = written;
    this.#tail = (this.#tail + frameWords(written)) | 0;
    this.#events = (this.#events + 1) | 0;
    announce(this.#cells, this.#events, this.#tail);
  }
}
