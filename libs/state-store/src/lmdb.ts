import { open } from 'lmdb';
import type { Database } from 'lmdb';
import { asError } from '@kaizen-trace/ports';

/** A sub-database of plain bytes. */
export type Table = Database<Buffer, Buffer>;

/** Runs `work` in one durable transaction: all of it is on the disk when this resolves, nothing of it when it rejects. */
export type Transact = (work: () => void) => Promise<void>;

/** An open LMDB environment. */
export interface Lmdb {
  /** Opens or creates a sub-database. */
  readonly table: (name: string) => Table;
  readonly transact: Transact;
  /** Makes what follows in this turn see everything that is committed now, by whichever process. */
  readonly refresh: () => void;
  /** Grows with every committed write of any process. */
  readonly revision: () => number;
  /** Forgets readers of processes that were killed; their old snapshots would keep space from being used again. */
  readonly forgetDeadReaders: () => void;
  /** Idempotent. No transaction may be under way. */
  readonly close: () => Promise<void>;
}

const failureOf = async (thrown: unknown): Promise<Error> => {
  const error = asError(thrown) as Error & { readonly commitError?: Promise<never> };
  // LMDB tells the reason of a failed commit by a second promise, which must not stay unhandled.
  return error.commitError === undefined ? error : error.commitError.catch(asError);
};

/**
 * Opens or creates the environment of a directory. Plain LMDB commits, without lmdb-js's overlapping sync: a transaction
 * is flushed before it is visible to anyone, so nobody acts on what a power failure could take back. Event-turn batching
 * is off, as its inner promise would reject unhandled when a commit fails. `mapSize` is address space in bytes, not disk;
 * LMDB maps more when it is outgrown.
 *
 * @throws Error where the directory cannot be written or holds something else.
 */
export const openLmdb = (directory: string, { mapSize }: { readonly mapSize: number }): Lmdb => {
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
  let closing: Promise<void> | undefined;
  return {
    table: (name) => root.openDB<Buffer, Buffer>(name, { encoding: 'binary', keyEncoding: 'binary' }),
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
    close: () => (closing ??= root.close()),
  };
};
