import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isDead, type Owner } from './owner.js';
import { fileBytes, listSegments, segmentFile } from './segments.js';

/**
 * The spool directory holds one folder for each publisher, named after its owner:
 *
 * ```text
 * folder = made, "~", host, "~", pid, "~", start, "~", nonce    ; made: milliseconds since the epoch
 * ```
 *
 * The name is the lock: renaming is taking over, the file system lets one win, and there is no moment without an owner.
 * An owner that left on its own terms, but not all of its events, has the pid 0. The file `alive` inside is touched every
 * 20 seconds; only machines that cannot see each other's processes go by it.
 */
export interface SpoolFolder {
  readonly name: string;
  readonly path: string;
  readonly madeAt: number;
  readonly owner: Owner;
  readonly nonce: string;
}

const separator = '~';

const named = (directory: string, parts: Omit<SpoolFolder, 'name' | 'path'>): SpoolFolder => {
  const { madeAt, owner, nonce } = parts;
  const name = [madeAt, owner.host, owner.pid, owner.startedAt, nonce].join(separator);
  return { ...parts, name, path: join(directory, name) };
};

const read = (directory: string, name: string): SpoolFolder | undefined => {
  const [madeAt, host, pid, startedAt, nonce, ...rest] = name.split(separator);
  if (nonce === undefined || rest.length > 0 || host === undefined) return undefined;
  const numbers = [madeAt, pid, startedAt].map(Number);
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) return undefined;
  const owner = { host, pid: Number(pid), startedAt: Number(startedAt) };
  return { name, path: join(directory, name), madeAt: Number(madeAt), owner, nonce };
};

/** What marks the folders of one publisher. */
export const newMark = (): string => randomBytes(6).toString('hex');

/** Who makes folders, or takes them over. */
export interface Claimant {
  readonly owner: Owner;
  readonly mark: string;
}

/** A name of its own for one folder of a publisher, which shows how it came by it. */
const nonceOf = ({ mark }: Claimant, how: '-' | '+'): string => mark + how + randomBytes(3).toString('hex');

/** Whether the publisher took the folder over, so that nobody writes there. */
export const isAdoptedBy = ({ nonce }: SpoolFolder, { mark }: Claimant): boolean =>
  nonce.startsWith(`${mark}+`);

/** Node's own way of making the parents too never ends where a file system has none to make, as /proc. */
const makeDirectory = (path: string): void => {
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeDirectory(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
};

/** Makes a folder of one's own. @throws a system error where the directory cannot be written. */
export const makeFolder = (directory: string, claimant: Claimant): SpoolFolder => {
  const { owner } = claimant;
  const folder = named(directory, { madeAt: Date.now(), owner, nonce: nonceOf(claimant, '-') });
  if (!existsSync(directory)) makeDirectory(directory);
  mkdirSync(folder.path, { mode: 0o700 });
  return folder;
};

/** All folders of the directory, the oldest first. @throws a system error where it cannot be read. */
export const listFolders = (directory: string): readonly SpoolFolder[] =>
  readdirSync(directory)
    .flatMap((name) => read(directory, name) ?? [])
    .sort((a, b) => a.madeAt - b.madeAt || (a.name < b.name ? -1 : 1));

const aliveFile = (path: string): string => join(path, 'alive');

/** Shows that the owner lives. False where the folder is not there any more. */
export const showAlive = (path: string): boolean => {
  try {
    closeSync(openSync(aliveFile(path), 'a', 0o600));
    const now = new Date();
    utimesSync(aliveFile(path), now, now);
    return true;
  } catch {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  }
};

const quietMsOf = ({ path }: SpoolFolder): number => {
  const shown =
    statSync(aliveFile(path), { throwIfNoEntry: false }) ?? statSync(path, { throwIfNoEntry: false });
  return shown === undefined ? 0 : Date.now() - shown.mtimeMs;
};

const rename = (folder: SpoolFolder, to: SpoolFolder): SpoolFolder | undefined => {
  try {
    renameSync(folder.path, to.path);
    return to;
  } catch {
    // Another was there first.
    return undefined;
  }
};

/** Whether the owner of a folder is at work no more. */
export const isLeft = (folder: SpoolFolder, self: Owner): boolean =>
  isDead(folder.owner, self, quietMsOf(folder));

/**
 * The folders that dead processes left, those that this publisher has taken over included, the oldest first.
 *
 * @throws a system error where the directory cannot be read.
 */
export const listLeft = (directory: string, claimant: Claimant): readonly SpoolFolder[] =>
  listFolders(directory).filter((each) => isAdoptedBy(each, claimant) || isLeft(each, claimant.owner));

const folderBytes = ({ path }: SpoolFolder): number => {
  try {
    return listSegments(path).reduce((sum, segment) => sum + fileBytes(segmentFile(path, segment)), 0);
  } catch {
    // Gone between two looks.
    return 0;
  }
};

/** Bytes of the segments of folders. */
export const foldersBytes = (folders: readonly SpoolFolder[]): number =>
  folders.reduce((sum, folder) => sum + folderBytes(folder), 0);

/** Takes over a folder whose owner is dead; undefined where it lives, or another was faster. */
export const adopt = (
  directory: string,
  folder: SpoolFolder,
  claimant: Claimant,
): SpoolFolder | undefined => {
  const { owner } = claimant;
  if (!isLeft(folder, owner)) return undefined;
  // A sign of life first: whoever looks at the new name must not find the old silence.
  showAlive(folder.path);
  return rename(folder, named(directory, { madeAt: folder.madeAt, owner, nonce: nonceOf(claimant, '+') }));
};

/** Leaves a folder to whoever starts next. */
export const release = (directory: string, folder: SpoolFolder): void => {
  const owner = { host: folder.owner.host, pid: 0, startedAt: 0 };
  rename(folder, named(directory, { madeAt: folder.madeAt, owner, nonce: folder.nonce }));
};

/** Deletes a folder whose events are all sent. Never throws: what cannot be deleted is found again. */
export const removeFolder = ({ path }: SpoolFolder): void => {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // A file that another machine holds open, say. Its position says that nothing is left to send.
  }
};
