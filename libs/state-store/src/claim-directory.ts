import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { faultOfDataFile, statedAt, withdrawSize } from './data-file.js';
import { makeDirectory } from './directory.js';
import { failureOf } from './errors.js';

/** A directory of an owner's own within the partition's. */
export interface ClaimedDirectory {
  /** Tells this ownership from every other. */
  readonly owner: string;
  readonly path: string;
  /** Whether it holds what a former owner has left. */
  readonly inherited: boolean;
  /** Why what a former owner had left was thrown away. */
  readonly fault: string | undefined;
}

const prefix = 'store-';

const pathOf = (directory: string, owner: string): string => join(directory, `${prefix}${owner}`);

/** Removes an owner's directory. Who still has it open goes on with files that nobody else will see. */
export const removeOwned = (path: string): void => {
  withdrawSize(path);
  rmSync(path, { recursive: true, force: true });
};

/** What former owners have left, the latest first. */
const left = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(directory, name))
    .sort((one, other) => (statedAt(other) ?? 0) - (statedAt(one) ?? 0));

/** Whether it was there to be taken. */
const take = (from: string, to: string): boolean => {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

const claim = (directory: string): ClaimedDirectory => {
  makeDirectory(directory);
  const owner = randomUUID();
  const path = pathOf(directory, owner);
  let fault: string | undefined;
  let inherited = false;
  for (const former of left(directory)) {
    if (inherited) removeOwned(former);
    else if (take(former, path)) {
      const found = faultOfDataFile(path);
      inherited = found === undefined;
      fault ??= found;
      if (!inherited) removeOwned(path);
    }
  }
  if (!inherited) mkdirSync(path);
  return { owner, path, inherited, fault: inherited ? undefined : fault };
};

/**
 * Takes what the last owner of a partition has left in its directory, else makes place for something new. It is taken by
 * giving it a name that nobody else knows, so of several who try at once one has it, and none ever opens one file of it
 * before and another after it was replaced. A former owner that still has it open shares LMDB's locks with the heir; that
 * it writes no more is looked after in each of its transactions.
 *
 * @throws StateDirectoryError where the directory cannot be made or written.
 */
export const claimDirectory = (directory: string): ClaimedDirectory => {
  try {
    return claim(directory);
  } catch (cause) {
    throw failureOf(directory, cause);
  }
};

/** An empty directory for the owner of another that is given up. @throws StateDirectoryError */
export const freshDirectory = (directory: string): ClaimedDirectory => {
  try {
    const owner = randomUUID();
    const path = pathOf(directory, owner);
    makeDirectory(path);
    return { owner, path, inherited: false, fault: undefined };
  } catch (cause) {
    throw failureOf(directory, cause);
  }
};
