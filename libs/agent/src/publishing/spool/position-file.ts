import { Buffer } from 'node:buffer';
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from './crc32.js';

/** A place between two frames. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

/** Whether `a` lies before `b`. */
export const isBefore = (a: Place, b: Place): boolean =>
  a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset);

/** How far a spool folder is sent. */
export interface SpoolPosition {
  /** All before it is acknowledged. */
  readonly acknowledged: Place;
  /** What lies between may have been sent. */
  readonly attempted: Place;
  /** Events before `acknowledged`. */
  readonly events: number;
}

const slotBytes = 64;
const contentBytes = 56;

/** Where a folder begins. */
export const start: SpoolPosition = {
  acknowledged: { segment: 1, offset: 0 },
  attempted: { segment: 1, offset: 0 },
  events: 0,
};

const readSlot = (slot: Buffer): Slot | undefined => {
  if (slot.readUInt32LE(contentBytes) !== crc32(slot.subarray(0, contentBytes))) return undefined;
  const number = (index: number): number => slot.readDoubleLE(index * 8);
  if (number(0) < 1) return undefined;
  const acknowledged = { segment: number(1), offset: number(2) };
  const attempted = { segment: number(3), offset: number(4) };
  return { turn: number(0), position: { acknowledged, attempted, events: number(5) } };
};

interface Slot {
  readonly turn: number;
  readonly position: SpoolPosition;
}

const positionFile = (folder: string): string => join(folder, 'position');

/** The newest slot that is whole; undefined where none is. */
const newestOf = (bytes: Buffer): Slot | undefined =>
  [0, slotBytes]
    .flatMap((at) =>
      bytes.length < at + slotBytes ? [] : (readSlot(bytes.subarray(at, at + slotBytes)) ?? []),
    )
    .sort((a, b) => b.turn - a.turn)[0];

/**
 * Takes the room that the position of a folder needs, so that it can be recorded on a disk that is full by then.
 *
 * @throws a system error where there is none.
 */
export const reservePosition = (folder: string): void =>
  writeFileSync(positionFile(folder), Buffer.alloc(2 * slotBytes), { mode: 0o600 });

/** How far a folder is sent, read without touching it; undefined where no position was ever recorded, or none is whole. */
export const readPosition = (folder: string): SpoolPosition | undefined => {
  try {
    return newestOf(readFileSync(positionFile(folder)))?.position;
  } catch {
    return undefined;
  }
};

/**
 * The position of a spool folder, in a small file of two slots that are written in turn, each with a checksum: whenever
 * the process dies, one of them is whole.
 */
export class PositionFile {
  readonly #file: number;
  #turn = 0;
  #position: SpoolPosition = start;

  /** @throws a system error where it can be neither opened nor made. */
  constructor(folder: string) {
    this.#file = openSync(positionFile(folder), 'a+', 0o600);
    closeSync(this.#file);
    this.#file = openSync(positionFile(folder), 'r+');
    const bytes = Buffer.alloc(2 * slotBytes);
    readSync(this.#file, bytes, 0, bytes.length, 0);
    const newest = newestOf(bytes);
    if (newest === undefined) return;
    this.#turn = newest.turn;
    this.#position = newest.position;
  }

  get position(): SpoolPosition {
    return this.#position;
  }

  /** Whether no position was ever recorded, or none can be read. */
  get isFresh(): boolean {
    return this.#turn === 0;
  }

  /** Records it. @throws a system error where the disk does not take it; the former one stands then. */
  write(position: SpoolPosition): void {
    const { acknowledged, attempted, events } = position;
    const slot = Buffer.alloc(slotBytes);
    const turn = this.#turn + 1;
    const numbers = [
      turn,
      acknowledged.segment,
      acknowledged.offset,
      attempted.segment,
      attempted.offset,
      events,
    ];
    numbers.forEach((number, index) => slot.writeDoubleLE(number, index * 8));
    slot.writeUInt32LE(crc32(slot.subarray(0, contentBytes)), contentBytes);
    this.#position = position;
    writeSync(this.#file, slot, 0, slotBytes, (turn % 2) * slotBytes);
    // Only now: after a write that failed the same slot is tried again, and the whole one stays.
    this.#turn = turn;
  }

  close(): void {
    closeSync(this.#file);
  }
}
