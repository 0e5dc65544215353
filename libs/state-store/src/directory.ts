import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Step by step: Node's recursive mkdir never ends on a file system that takes no entries, such as /proc. */
const makeWithParents = (directory: string): void => {
  if (isDirectory(directory)) return;
  const parent = dirname(directory);
  if (!isThere(parent)) makeWithParents(parent);
  try {
    mkdirSync(directory);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isDirectory(directory)) throw error;
  }
};

/** Makes a directory with its parents, where it is not there yet. @throws what the file system says. */
export const makeDirectory = (directory: string): void => makeWithParents(resolve(directory));
