import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { Database, RootDatabase } from 'lmdb';
import { asError } from '@kaizen-trace/ports';
import { EmbeddedLogError } from './errors.js';
import type { Transact } from './write-queue.js';

/** A sub-database of plain bytes. */
export type Table = Database<Buffer, Buffer>;

/** The LMDB environment of one directory. */
export interface Environment {
  readonly meta: Table;
  readonly heads: Table;
  readonly chunks: Table;
  readonly state: Table;
  readonly positions: Table;
  readonly leases: Table;
  readonly members: Table;
  readonly transact: Transact;
  /** Makes what follows in this turn see everything that is committed now, by whichever process. */
  readonly refresh: () => void;
  /** Grows with every committed write of any process. */
  readonly revision: () => number;
  /** Forgets readers of processes that were killed; their old snapshots would keep space from being used again. */
  readonly forgetDeadReaders: () => void;
  readonly close: () => Promise<void>;
}

/** Address space, not disk: LMDB maps more when the log outgrows it. */
const mapSize = 64 * 1024 ** 3;

const failureOf = async (thrown: unknown): Promise<Error> => {
  const error = asError(thrown) as Error & { readonly commitError?: Promise<never> };
  // LMDB tells the reason of a failed commit by a second promise, which must not stay unhandled.
  return error.commitError === undefined ? error : error.commitError.catch(asError);
};

const tableOf = (root: RootDatabase, name: string): Table =>
  root.openDB<Buffer, Buffer>(name, { encoding: 'binary', keyEncoding: 'binary' });

/**
 * Opens or creates the environment. Plain LMDB commits, without lmdb-js's overlapping sync: a transaction is flushed
 * before it is visible to anyone, so nobody acts on what a power failure could take back. Event-turn batching is off, as
 * its inner promise would reject unhandled when a commit fails.
 *
 * @throws EmbeddedLogError where the directory holds no log and `create` is false.
 */
export const openEnvironment = (directory: string, create: boolean): Environment => {
  if (!create && !existsSync(join(directory, 'data.mdb')))
    throw new EmbeddedLogError(
      'KAIZEN_LOG_MISSING',
      `no log in ${directory}: start the process that owns it first, or name another directory (KAIZEN_DATA_DIR)`,
    );
  const root = open({
    path: directory,
    noSubdir: false,
    maxDbs: 12,
    mapSize,
    overlappingSync: false,
    eventTurnBatching: false,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  return {
    meta: tableOf(root, 'meta'),
    heads: tableOf(root, 'heads'),
    chunks: tableOf(root, 'chunks'),
    state: tableOf(root, 'state'),
    positions: tableOf(root, 'positions'),
    leases: tableOf(root, 'leases'),
    members: tableOf(root, 'members'),
    transact: async (work) => {
      try {
        await root.childTransaction(work);
      } catch (thrown) {
        throw await failureOf(thrown);
      }
    },
    refresh: () => root.resetReadTxn(),
    revision: () => (root.getStats() as { readonly lastTxnId: number }).lastTxnId,
    forgetDeadReaders: () => void root.readerCheck(),
    close: () => root.close(),
  };
};
