import { closeSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { cell, ring, type Shared } from '../cells.js';
import type { OwnFolder } from '../sender/job.js';
import { frameScratch, writeFrame } from '../spool/frames.js';
import { segmentFile } from '../spool/segments.js';
import { announce, type Intake } from './intake.js';

/** Where the spool is, and how large it may become. */
export interface SpoolIntakeOptions {
  /** Makes a folder of one's own and tells the sender of it. @throws a system error. */
  readonly openFolder: (next: Omit<OwnFolder, 'name'>) => string;
  /** Over all, what earlier processes left included. */
  readonly maxBytes: number;
  readonly segmentBytes: number;
  /** Told why nothing can be written, in words. */
  readonly onUnwritable: (reason: unknown) => void;
}

/** Milliseconds before a folder or file that could not be opened is tried again. */
const retryMs = 1_000;
/** How often to look whether the folder is still ours. */
const checkMs = 10_000;

/** Writes each line to the spool before it answers: what was put is with the operating system. */
export class SpoolIntake implements Intake {
  readonly #shared: Shared;
  readonly #options: SpoolIntakeOptions;
  readonly #scratch = frameScratch();
  #folder: string | undefined;
  #file: number | undefined;
  #segment = 0;
  #offset = 0;
  #written = 0;
  #events = 0;
  #notBefore = 0;
  #checkedAt = 0;

  constructor(shared: Shared, options: SpoolIntakeOptions) {
    this.#shared = shared;
    this.#options = options;
    this.#isOpen(performance.now());
  }

  put(line: string): 'put' | 'full' | 'too-large' | 'unwritable' {
    const size = writeFrame(this.#scratch, line);
    if (size === 0) return 'too-large';
    const { cells } = this.#shared;
    if (!this.#isOpen(performance.now())) return 'unwritable';
    if (this.keptBytes() + size > this.#options.maxBytes) return 'full';
    if (!this.#append(size)) return 'unwritable';
    this.#events = (this.#events + 1) | 0;
    Atomics.store(cells, cell.position, this.#offset);
    announce(cells, this.#events, Math.floor(this.#written / 4) | 0);
    return 'put';
  }

  waitingBytes(): number {
    return this.#written - this.#shared.counters.read('acknowledgedBytes');
  }

  /** Bytes on disk, with what earlier processes left. */
  keptBytes(): number {
    const { counters } = this.#shared;
    return this.#written - counters.read('freedBytes') + counters.read('adoptedBytes');
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#notBefore = Infinity;
  }

  /** Has a segment open that takes more, in a folder that is ours. */
  #isOpen(now: number): boolean {
    if (now - this.#checkedAt > checkMs) this.#check(now);
    if (this.#file !== undefined && this.#offset < this.#options.segmentBytes) return true;
    if (now < this.#notBefore) return false;
    try {
      this.#folder ??= this.#options.openFolder({
        firstSegment: this.#segment + 1,
        eventsBefore: this.#events,
        bytesBefore: this.#written,
      });
      this.#rotate(this.#folder);
      return true;
    } catch (error) {
      this.#fail(error, now);
      return false;
    }
  }

  /** Somebody may have deleted the folder; or taken it for left behind, after a long sleep of this machine. */
  #check(now: number): void {
    this.#checkedAt = now;
    if (this.#folder === undefined) return;
    if (statSync(this.#folder, { throwIfNoEntry: false }) !== undefined) return;
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#folder = undefined;
  }

  #rotate(folder: string): void {
    const file = openSync(segmentFile(folder, this.#segment + 1), 'a', 0o600);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = file;
    this.#segment += 1;
    this.#offset = 0;
    // In this order: the sender must never take the position of one segment for that of the next.
    Atomics.store(this.#shared.cells, cell.position, 0);
    Atomics.store(this.#shared.cells, cell.segment, this.#segment);
    ring(this.#shared.cells, cell.bell);
  }

  #append(size: number): boolean {
    const file = this.#file!;
    try {
      const written = writeSync(file, this.#scratch, 0, size);
      if (written === size) {
        this.#offset += size;
        this.#written += size;
        return true;
      }
      this.#fail(new Error(`only ${written} of ${size} bytes were written`), performance.now());
    } catch (error) {
      this.#fail(error, performance.now());
    }
    this.#undo(file);
    return false;
  }

  /**
   * A frame that was cut must not stand between whole ones; where it cannot be taken back, a reader leaves the segment
   * there. The next one begins afresh, so that this one can be deleted once it is sent: that may be all the room there is.
   */
  #undo(file: number): void {
    try {
      ftruncateSync(file, this.#offset);
      if (this.#offset === 0) return;
    } catch {
      // It stays as it is.
    }
    this.#offset = Infinity;
  }

  #fail(error: unknown, now: number): void {
    this.#notBefore = now + retryMs;
    this.#options.onUnwritable(error);
  }
}
