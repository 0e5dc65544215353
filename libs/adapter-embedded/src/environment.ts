import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Lmdb, Table } from '@kaizen-trace/state-store';
import { openLmdb } from '@kaizen-trace/state-store';
import { EmbeddedLogError } from './errors.js';

/** The LMDB environment of one directory. */
export interface Environment extends Omit<Lmdb, 'table'> {
  readonly meta: Table;
  readonly heads: Table;
  readonly chunks: Table;
  readonly entries: Table;
  readonly due: Table;
  /** State of format 1, until {@link settleFormat} has moved it to `entries` and `due`. */
  readonly oldState: Table;
  readonly positions: Table;
  readonly leases: Table;
  readonly members: Table;
}

/** Address space, not disk: LMDB maps more when the log outgrows it. */
const mapSize = 64 * 1024 ** 3;

/**
 * Opens or creates the environment.
 *
 * @throws EmbeddedLogError where the directory holds no log and `create` is false.
 */
export const openEnvironment = (directory: string, create: boolean): Environment => {
  if (!create && !existsSync(join(directory, 'data.mdb')))
    throw new EmbeddedLogError(
      'KAIZEN_LOG_MISSING',
      `no log in ${directory}: start the process that owns it first, or name another directory (KAIZEN_DATA_DIR)`,
    );
  const { table, ...lmdb } = openLmdb(directory, { mapSize });
  return {
    ...lmdb,
    meta: table('meta'),
    heads: table('heads'),
    chunks: table('chunks'),
    entries: table('entries'),
    due: table('due'),
    oldState: table('state'),
    positions: table('positions'),
    leases: table('leases'),
    members: table('members'),
  };
};
