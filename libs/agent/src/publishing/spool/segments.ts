import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const form = /^(\d{10})\.log$/;

/** The file of a segment; segments are numbered from 1. */
export const segmentFile = (folder: string, segment: number): string =>
  join(folder, `${String(segment).padStart(10, '0')}.log`);

/** The numbers of the segments of a folder, in order. @throws a system error where it cannot be read. */
export const listSegments = (folder: string): readonly number[] =>
  readdirSync(folder)
    .flatMap((name) => {
      const found = form.exec(name);
      return found === null ? [] : [Number(found[1])];
    })
    .sort((a, b) => a - b);

/** Bytes of a file; 0 where there is none. */
export const fileBytes = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
