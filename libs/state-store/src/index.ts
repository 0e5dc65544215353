export { makeDirectory } from './directory.js';
export { StateDirectoryError, StateReplacedError } from './errors.js';
export { afterPrefix, entryKey } from './keys.js';
export { openLmdb } from './lmdb.js';
export type { Lmdb, Table, Transact } from './lmdb.js';
export { prepareEntries, writeEntries } from './state-tables.js';
export type { PreparedEntry, StateTables } from './state-tables.js';
export { viewState } from './state-view.js';
export type { ViewOptions } from './state-view.js';
