import type { StateEntry } from '@kaizen-trace/ports';
import { dueOf } from '@kaizen-trace/ports';
import { dueKey, entryKey } from './keys.js';
import type { Table } from './lmdb.js';

/** Where one partition's state lies: what its keys begin with, at least one byte, in two tables. */
export interface StateTables {
  readonly entries: Table;
  readonly due: Table;
  readonly prefix: Buffer;
}

/** An entry with all that can be reckoned before the transaction. */
export interface PreparedEntry {
  readonly key: string;
  readonly at: Buffer;
  readonly value: Buffer | null;
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Entries ready to be written. @throws RangeError where a key is too long. */
export const prepareEntries = (prefix: Buffer, entries: readonly StateEntry[]): readonly PreparedEntry[] =>
  entries.map(({ key, value }) => ({
    key,
    at: entryKey(prefix, key),
    value: value === null ? null : asBuffer(value),
  }));

/** The same in the order of their keys, in which neighbours share the pages that are written. */
export const prepareSorted = (prefix: Buffer, entries: readonly StateEntry[]): readonly PreparedEntry[] =>
  prepareEntries(prefix, entries).toSorted((one, other) => Buffer.compare(one.at, other.at));

/**
 * Puts and removes entries, and their due times with them; inside of a transaction. Costs one look at what was there, so
 * that no row of a former due time is left: in a busy store they would be far more than what is alive.
 */
export const writeEntries = (
  { entries, due, prefix }: StateTables,
  written: readonly PreparedEntry[],
): void => {
  for (const { key, at, value } of written) {
    const before = entries.getBinaryFast(at);
    const dueBefore = before === undefined ? 0 : dueOf(key, before);
    const dueNow = value === null ? 0 : dueOf(key, value);
    if (dueBefore !== 0 && dueBefore !== dueNow) void due.remove(dueKey(prefix, dueBefore, at));
    if (dueNow !== 0 && dueBefore !== dueNow) void due.put(dueKey(prefix, dueNow, at), noValue);
    if (value !== null) void entries.put(at, value);
    else if (before !== undefined) void entries.remove(at);
  }
};

const noValue = Buffer.alloc(0);
