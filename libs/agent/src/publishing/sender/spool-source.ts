import { Buffer } from 'node:buffer';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { codeOf } from '@kaizen-trace/sending';
import { maxLineBytes } from '../intake/intake.js';
import { frameHeaderBytes, readFrame } from '../spool/frames.js';
import { isBefore, PositionFile, type Place } from '../spool/position-file.js';
import { fileBytes, listSegments, segmentFile } from '../spool/segments.js';
import type { BatchLimits, Peeked, Source } from './source.js';

/** Lines of a segment, with the place after each. */
export interface SpoolBatch extends Peeked {
  readonly ends: readonly Place[];
}

/** What a folder is read with. */
export interface SpoolSourceOptions {
  readonly folder: string;
  /** How far it is written; undefined: to the end of its files, since nobody writes there any more. */
  readonly written: (() => Place) | undefined;
  readonly batchBytes: number;
  /** The place to begin with in a folder without a position. */
  readonly firstSegment: number;
  /** About how much waits. */
  readonly waiting: () => { readonly events: number; readonly bytes: number };
  /** So many events are done with, which took so many bytes. */
  readonly onSettled: (events: number, bytes: number) => void;
  /** A segment of so many bytes is deleted. */
  readonly onFreed: (bytes: number) => void;
  /** The end of a segment, of so many bytes, holds no whole frame. */
  readonly onTorn: (bytes: number) => void;
  readonly onProblem: (error: unknown) => void;
}

const nothing: SpoolBatch = { lines: [], ends: [] };

/** Reads one folder of the spool, and records how far it is sent. */
export class SpoolSource implements Source<SpoolBatch> {
  readonly #options: SpoolSourceOptions;
  readonly #position: PositionFile;
  readonly #chunk: Buffer;
  /** Up to here a sender before this one may have sent. */
  readonly #mayRepeatTo: Place;
  #place: Place;
  #events: number;
  #open: { readonly segment: number; readonly file: number } | undefined;
  #hasFailed = false;

  /** @throws a system error where the position cannot be read. */
  constructor(options: SpoolSourceOptions) {
    this.#options = options;
    this.#position = new PositionFile(options.folder);
    const { acknowledged, attempted, events } = this.#position.position;
    this.#place = this.#position.isFresh ? { segment: options.firstSegment, offset: 0 } : acknowledged;
    this.#mayRepeatTo = attempted;
    this.#events = events;
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(options.batchBytes, maxLineBytes) + frameHeaderBytes);
  }

  /** Events of this folder that are done with, ever. */
  get settledEvents(): number {
    return this.#events;
  }

  /** Whether the last look could not read: what it gave was not all. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  waiting(): { readonly events: number; readonly bytes: number } {
    return this.#options.waiting();
  }

  peek(limits: BatchLimits): SpoolBatch {
    this.#hasFailed = false;
    try {
      for (;;) {
        // Asked once: a segment that is closed only now may have grown since it was read.
        const written = this.#options.written?.();
        const batch = this.#read(limits, written);
        if (batch.lines.length > 0 || !this.#moveOn(written)) return batch;
      }
    } catch (error) {
      this.#hasFailed = true;
      this.#options.onProblem(error);
      return nothing;
    }
  }

  begin({ ends }: SpoolBatch, count: number): void {
    const end = ends[count - 1];
    if (end !== undefined) this.#record(isBefore(end, this.#mayRepeatTo) ? this.#mayRepeatTo : end);
  }

  settle({ ends }: SpoolBatch, count: number): number {
    const end = ends[count - 1];
    if (end === undefined) return 0;
    const bytes = end.offset - this.#place.offset;
    this.#place = end;
    this.#events += count;
    this.#record(isBefore(end, this.#mayRepeatTo) ? this.#mayRepeatTo : end);
    this.#options.onSettled(count, bytes);
    let repeated = 0;
    while (repeated < count && !isBefore(this.#mayRepeatTo, ends[repeated]!)) repeated += 1;
    return repeated;
  }

  close(): void {
    this.#position.close();
    this.#closeSegment();
  }

  #record(attempted: Place): void {
    try {
      this.#position.write({ acknowledged: this.#place, attempted, events: this.#events });
    } catch (error) {
      this.#options.onProblem(error);
    }
  }

  #read(limits: BatchLimits, written: Place | undefined): SpoolBatch {
    const { segment, offset } = this.#place;
    if (written !== undefined && written.segment < segment) return nothing;
    const end = written?.segment === segment ? written.offset : Infinity;
    const wanted = Math.min(this.#chunk.length, end - offset);
    const file = wanted > 0 ? this.#fileOf(segment) : undefined;
    if (file === undefined) return nothing;
    return this.#frames(readSync(file, this.#chunk, 0, wanted, offset), limits);
  }

  #frames(length: number, limits: BatchLimits): SpoolBatch {
    const { segment, offset } = this.#place;
    const lines: string[] = [];
    const ends: Place[] = [];
    for (let at = 0; lines.length < limits.events;) {
      const reading = readFrame(this.#chunk, at, length);
      if (reading.type !== 'frame' || (lines.length > 0 && reading.end > limits.bytes)) break;
      lines.push(reading.line);
      at = reading.end;
      ends.push({ segment, offset: offset + at });
    }
    return { lines, ends };
  }

  /** Leaves a segment that is sent, and deletes it. False where there is no other. */
  #moveOn(written: Place | undefined): boolean {
    const { segment, offset } = this.#place;
    const { folder, onTorn, onFreed } = this.#options;
    if (written !== undefined && written.segment <= segment) return false;
    const next = listSegments(folder).find((each) => each > segment);
    const path = segmentFile(folder, segment);
    const bytes = fileBytes(path);
    if (bytes > offset) onTorn(bytes - offset);
    this.#closeSegment();
    // Without another one the place stays, so that the torn end must not be met again.
    this.#place = next === undefined ? { segment: segment + 1, offset: 0 } : { segment: next, offset: 0 };
    rmSync(path, { force: true });
    onFreed(bytes);
    return next !== undefined;
  }

  #fileOf(segment: number): number | undefined {
    if (this.#open?.segment === segment) return this.#open.file;
    this.#closeSegment();
    try {
      this.#open = { segment, file: openSync(segmentFile(this.#options.folder, segment), 'r') };
      return this.#open.file;
    } catch (error) {
      // Deleted before, or not made: the next one is looked for. One that is there must not be left for that.
      if (codeOf(error) !== 'ENOENT') throw error;
      return undefined;
    }
  }

  #closeSegment(): void {
    if (this.#open !== undefined) closeSync(this.#open.file);
    this.#open = undefined;
  }
}
