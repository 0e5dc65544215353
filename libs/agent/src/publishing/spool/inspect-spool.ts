import { Buffer } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { maxLineBytes } from '../intake/intake.js';
import { isLeft, listFolders, type SpoolFolder } from './folders.js';
import { frameHeaderBytes, readFrame } from './frames.js';
import { thisOwner } from './owner.js';
import { readPosition, type Place } from './position-file.js';
import { listSegments, segmentFile } from './segments.js';

/** What one publisher has left in a spool. */
export interface SpoolContents {
  /** Its folder. */
  readonly path: string;
  /** The process that it belongs to; undefined where that ended on its own terms. */
  readonly pid: number | undefined;
  /** The machine of that process. */
  readonly host: string;
  /** Whether that process is still at work; otherwise whoever starts next with this spool sends what waits. */
  readonly isAlive: boolean;
  /** Events that are accepted and not acknowledged. */
  readonly waitingEvents: number;
  /** Their bytes on disk. */
  readonly waitingBytes: number;
  /** Whether bytes stand at the end of a segment that are no whole event, as a crash of the machine leaves them. */
  readonly isTorn: boolean;
}

interface Waiting {
  readonly events: number;
  readonly bytes: number;
  readonly isTorn: boolean;
}

/** Counts the frames of a segment from `from` on, in bounded memory. */
const countFrames = (path: string, from: number): Waiting => {
  const chunk = Buffer.allocUnsafeSlow(2 * (maxLineBytes + frameHeaderBytes));
  const file = openSync(path, 'r');
  try {
    let [events, at] = [0, from];
    for (;;) {
      const length = readSync(file, chunk, 0, chunk.length, at);
      let end = 0;
      for (;;) {
        const reading = readFrame(chunk, end, length);
        if (reading.type !== 'frame') break;
        events += 1;
        end = reading.end;
      }
      if (end === 0) return { events, bytes: at - from, isTorn: length > 0 };
      at += end;
    }
  } finally {
    closeSync(file);
  }
};

const waitingIn = (folder: string): Waiting => {
  const sent: Place | undefined = readPosition(folder)?.acknowledged;
  let total: Waiting = { events: 0, bytes: 0, isTorn: false };
  for (const segment of listSegments(folder)) {
    if (sent !== undefined && segment < sent.segment) continue;
    const from = segment === sent?.segment ? sent.offset : 0;
    const { events, bytes, isTorn } = countFrames(segmentFile(folder, segment), from);
    total = {
      events: total.events + events,
      bytes: total.bytes + bytes,
      isTorn: total.isTorn || isTorn,
    };
  }
  return total;
};

const contentsOf = (folder: SpoolFolder): SpoolContents | undefined => {
  const { path, owner } = folder;
  try {
    const { events, bytes, isTorn } = waitingIn(path);
    return {
      path,
      pid: owner.pid === 0 ? undefined : owner.pid,
      host: owner.host,
      isAlive: !isLeft(folder, thisOwner()),
      waitingEvents: events,
      waitingBytes: bytes,
      isTorn,
    };
  } catch (error) {
    // Sent, or taken over by another process, between two looks.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')
      return undefined;
    throw error;
  }
};

/**
 * What waits in a spool directory, by the publishers that wrote it, the oldest first. Only reads; while a publisher is at
 * work it is a look at a moment.
 *
 * @throws a system error where the directory is not there or cannot be read.
 */
export const inspectSpool = (directory: string): readonly SpoolContents[] =>
  listFolders(directory).flatMap((folder) => contentsOf(folder) ?? []);
