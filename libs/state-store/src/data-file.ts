import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { asError } from '@kaizen-trace/ports';

/*
 * LMDB maps its file into memory and does not look at it first: a file that is too short ends the process at the first
 * read beyond its end, one without LMDB's own marks ends it on opening. So a second file, replaced as a whole, says how
 * long the data file was after a write; as it only grows, a shorter one has been damaged.
 *
 *   size = length of data.mdb, decimal, and a line feed
 *
 * Of data.mdb, which LMDB begins with two pages of the same form, the page size standing in the first:
 *
 *   page = 24 bytes, magic:u32 version:u32, 16 bytes, pageSize:u32 …        (in the machine's own byte order)
 */

const dataName = 'data.mdb';
const sizeName = 'size';
const magic = 0xbeefc0de;
const magicAt = 24;
const versionAt = 28;
const pageSizeAt = 48;
const maxPageSize = 65_536;

const statedSize = (directory: string): number | undefined => {
  const found = /^([1-9]\d{0,15})\n$/.exec(readFileSync(join(directory, sizeName), 'latin1'));
  return found === null ? undefined : Number(found[1]);
};

const beginning = (path: string): Buffer => {
  const bytes = Buffer.alloc(maxPageSize + pageSizeAt);
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
};

const isLmdb = (bytes: Buffer): boolean => {
  const view = new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4));
  const at = (position: number): number | undefined => view[position / 4];
  const pageSize = at(pageSizeAt) ?? 0;
  if (pageSize < 512 || pageSize > maxPageSize || (pageSize & (pageSize - 1)) !== 0) return false;
  return (
    at(magicAt) === magic && at(pageSize + magicAt) === magic && at(versionAt) === at(pageSize + versionAt)
  );
};

/** What speaks against opening the data file of a directory; undefined where nothing does. */
export const faultOfDataFile = (directory: string): string | undefined => {
  if (statedAt(directory) === undefined) return 'it was never finished, or was given up';
  try {
    const least = statedSize(directory);
    if (least === undefined) return 'the file that states its size is unreadable';
    const path = join(directory, dataName);
    const { size } = statSync(path);
    if (size < least) return `its data file has ${size} bytes of ${least}`;
    return isLmdb(beginning(path)) ? undefined : 'its data file does not begin as one';
  } catch (error) {
    return asError(error).message;
  }
};

/** When the size was stated last, in milliseconds; undefined where it never was. */
export const statedAt = (directory: string): number | undefined =>
  statSync(join(directory, sizeName), { throwIfNoEntry: false })?.mtimeMs;

/** States how large the data file is now, and gives that; nothing where it was so large already, or is gone. */
export const stateSize = (directory: string, before: number): number => {
  const { size } = statSync(join(directory, dataName), { throwIfNoEntry: false }) ?? { size: 0 };
  if (size <= before) return before;
  const path = join(directory, sizeName);
  writeFileSync(`${path}.new`, `${size}\n`);
  renameSync(`${path}.new`, path);
  return size;
};

/** From now on nobody opens the data file again. */
export const withdrawSize = (directory: string): void => {
  try {
    unlinkSync(join(directory, sizeName));
  } catch {
    // It was not there, or belongs to another owner now, who has looked for himself.
  }
};
