import type { ClaimedDirectory } from './claim-directory.js';
import { freshDirectory } from './claim-directory.js';
import { StateReplacedError, failureOf } from './errors.js';
import type { Lmdb, Table } from './lmdb.js';
import { openLmdb } from './lmdb.js';
import type { StoreIdentity } from './mark.js';
import type { StateTables } from './state-tables.js';

/** Where a store lies, and what it is. */
export interface LocalStoreOptions {
  /** The partition's own directory. */
  readonly directory: string;
  /** Whose state it is: what a later owner must find unchanged to use it. */
  readonly identity: StoreIdentity;
  /** Whether the directory goes when the store is closed. */
  readonly temporary: boolean;
}

/** Address space, not disk. */
const mapSize = 16 * 1024 ** 3;

/** What all keys of a store of its own begin with. */
export const prefix = Buffer.of(0);
const ownerKey = Buffer.from('owner');
/** The key of the mark in the table `meta`. */
export const markKey = Buffer.from('mark');

/** What an owner has open. */
export interface Opened {
  readonly claimed: ClaimedDirectory;
  readonly lmdb: Lmdb;
  readonly meta: Table;
  readonly tables: StateTables;
}

/** Opens a claimed directory, and puts the owner's name into it. @throws Error where LMDB cannot. */
export const openClaimed = async (claimed: ClaimedDirectory): Promise<Opened> => {
  const lmdb = openLmdb(claimed.path, { mapSize });
  try {
    const meta = lmdb.table('meta');
    const tables = { entries: lmdb.table('entries'), due: lmdb.table('due'), prefix };
    // From here on a former owner that is still alive writes nothing: each of its transactions looks for its name first.
    await lmdb.transact(() => void meta.put(ownerKey, Buffer.from(claimed.owner)));
    return { claimed, lmdb, meta, tables };
  } catch (error) {
    await lmdb.close();
    throw error;
  }
};

/** Opens a new store in a partition's directory. @throws StateDirectoryError */
export const openFresh = async (directory: string): Promise<Opened> => {
  try {
    return await openClaimed(freshDirectory(directory));
  } catch (error) {
    throw failureOf(directory, error);
  }
};

/** Whether nobody else has claimed the store since. */
export const isOwnedBy = (meta: Table, { owner }: ClaimedDirectory): boolean =>
  meta.get(ownerKey)?.toString('latin1') === owner;

/** What a former owner is told. */
export const replaced = (directory: string): StateReplacedError =>
  new StateReplacedError(`the state in ${directory} has another owner now, or was closed`);
