import type { Offset } from './records.js';

/*
 * Keys of entries: `t:TRACE`, `o:OFFSET:TRACE`, `h:OFFSET:TRACE`, with OFFSET decimal and TRACE not empty; any other key
 * belongs to no trace. A value of format 2 begins with the byte 2 and the time at which the entry falls due: 48 bits,
 * big-endian, in milliseconds; 0 where it never does. One of format 1 does not say, so it counts as due at once. A time
 * that is too early costs a look, nothing else.
 *
 * Place = TRACE NUL `t`  |  TRACE NUL (`o` | `h`) OFFSET  |  NUL key     where no TRACE holds a NUL: it is escaped
 */

/** The key of the partition's own record, which every commit writes. */
export const partitionKey = 'partition';

const separator = '\0';
const escape = '\u0001';
const dueEnd = 7;

// Agents choose their trace ids; with a NUL in one, its entries could stand in the middle of another's.
const escaped = (trace: string): string =>
  trace.includes(separator) || trace.includes(escape)
    ? trace.replaceAll(escape, `${escape}2`).replaceAll(separator, `${escape}1`)
    : trace;

const unescaped = (text: string): string =>
  text.includes(escape) ? text.replaceAll(`${escape}1`, separator).replaceAll(`${escape}2`, escape) : text;

/**
 * Where a store keeps the entry of a key: the entries of one trace stand together, behind {@link placesOfTrace}; those
 * of no trace stand before all others.
 */
export const placeOf = (key: string): string => {
  if (key.startsWith('t:') && key.length > 2) return `${escaped(key.slice(2))}${separator}t`;
  const found = /^([oh]):(\d+):(?=[^])/.exec(key);
  if (found === null) return `${separator}${key}`;
  const [prefix, type, offset] = found as unknown as readonly [string, string, string];
  return `${escaped(key.slice(prefix.length))}${separator}${type}${offset}`;
};

/** The key of the entry at a place made by {@link placeOf}. */
export const keyAt = (place: string): string => {
  if (place.startsWith(separator)) return place.slice(1);
  const at = place.lastIndexOf(separator);
  const trace = unescaped(place.slice(0, at));
  const type = place[at + 1] ?? '';
  return type === 't' ? `t:${trace}` : `${type}:${place.slice(at + 2)}:${trace}`;
};

/** What the places of a trace's entries, and no others, begin with. */
export const placesOfTrace = (trace: string): string => `${escaped(trace)}${separator}`;

/** TRACE of the entry at a place made by {@link placeOf}; undefined where it belongs to no trace. */
export const traceAt = (place: string): string | undefined =>
  place.startsWith(separator) ? undefined : unescaped(place.slice(0, place.lastIndexOf(separator)));

/** TRACE of an entry's key; undefined where it belongs to no trace. */
export const traceOfKey = (key: string): string | undefined => traceAt(placeOf(key));

/** When an entry falls due, in milliseconds; 0: never, 1: not known, so it is to be looked at. */
export const dueOf = (key: string, value: Uint8Array): number => {
  if (traceOfKey(key) === undefined) return 0;
  if (value[0] !== 2 || value.length < dueEnd) return 1;
  const view = new DataView(value.buffer, value.byteOffset, dueEnd);
  return view.getUint16(1) * 2 ** 32 + view.getUint32(3);
};

/** One entry of a partition's state; a null value is a tombstone. Keys are unique within the partition. */
export interface StateEntry {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** How far a restore has come, in whatever the log counts: records of a changelog, entries. */
export type RestoreProgress = (done: number, total: number) => void;

/**
 * A partition's state as its commits left it, on this machine's disk: read in the middle of a fold, so its reads answer
 * at once. Its memory does not grow with what it holds. Where it cannot be relied on, since the partition has another
 * owner, was closed, or the disk failed, each read throws: close the partition, and acquire it again.
 */
export interface StateStore {
  /** Every commit whose `nextOffset` is at or below this can be read here; of later ones, some may. */
  settled(): Offset;
  /** Asks for what was committed to be readable soon, where that would be waited for. */
  hurry(): void;
  /** The value of one entry, such as the partition's own record. */
  get(key: string): Uint8Array | undefined;
  /** The entries of one trace, TRACE as in their keys; none where it has none. */
  entriesOf(trace: string): readonly StateEntry[];
  /**
   * The traces with an entry that falls due after `after` and not after `through`, both in milliseconds, earliest first.
   * Looks at about `atMost` entries, and where it stops before `through`, at no less than all of those due at one time.
   */
  due(range: { readonly after: number; readonly through: number; readonly atMost: number }): {
    readonly traces: readonly string[];
    /** All up to here were looked at. */
    readonly through: number;
  };
  /** The earliest time after `after` at which an entry falls due. */
  nextDue(after: number): number | undefined;
  /**
   * What was read here makes no sense. Gives whether the next restore has a better source: a copy on this machine is
   * thrown away for the log's own; where this is the log's own, there is none.
   */
  distrust(): boolean;
  /** Every live entry, in pages, the entries of one trace together; what is committed meanwhile may or may not be there. */
  all(): Iterable<readonly StateEntry[]>;
}
