import { Buffer } from 'node:buffer';
import { maxLineBytes } from '../intake/intake.js';
import { crc32 } from './crc32.js';

/**
 * A segment of the spool is a sequence of frames and nothing else:
 *
 * ```text
 * frame = length, crc, line    ; length: 32 bits, little-endian, bytes of the line, 1 to 524,288
 *                              ; crc: CRC-32 of the line, 32 bits, little-endian
 * ```
 *
 * Whatever does not follow it, as the last frame of a process that was killed, ends the segment.
 */
export const frameHeaderBytes = 8;

/** Writes the frame of a line at the start of `into`. Gives its size; 0 where the line is too large. */
export const writeFrame = (into: Buffer, line: string): number => {
  if (line.length > maxLineBytes) return 0;
  // `into` has room for one byte more than a line may have, so that a line that is cut shows.
  const length = into.write(line, frameHeaderBytes, 'utf8');
  if (length > maxLineBytes || (length > maxLineBytes - 3 && length !== Buffer.byteLength(line))) return 0;
  into.writeUInt32LE(length, 0);
  into.writeUInt32LE(crc32(into.subarray(frameHeaderBytes, frameHeaderBytes + length)), 4);
  return frameHeaderBytes + length;
};

/** A place to write frames to. */
export const frameScratch = (): Buffer => Buffer.allocUnsafeSlow(frameHeaderBytes + maxLineBytes + 1);

/** What stands at a place: a whole frame, the beginning of one, or something else. */
export type FrameReading =
  | { readonly type: 'frame'; readonly line: string; readonly end: number }
  | { readonly type: 'incomplete' }
  | { readonly type: 'torn' };

/** Reads the frame that begins at `at`, of `length` bytes that are there. Never throws. */
export const readFrame = (bytes: Buffer, at: number, length: number): FrameReading => {
  if (at + frameHeaderBytes > length) return { type: 'incomplete' };
  const size = bytes.readUInt32LE(at);
  if (size === 0 || size > maxLineBytes) return { type: 'torn' };
  const first = at + frameHeaderBytes;
  if (first + size > length) return { type: 'incomplete' };
  const line = bytes.subarray(first, first + size);
  if (crc32(line) !== bytes.readUInt32LE(at + 4)) return { type: 'torn' };
  return { type: 'frame', line: line.toString('utf8'), end: first + size };
};
