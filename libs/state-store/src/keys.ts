import { placeOf, placesOfTrace } from '@kaizen-trace/ports';

/*
 * Keys of a partition's state, ordered as bytes; integers are big-endian, places UTF-8.
 *
 *   Entry = prefix place
 *   Due   = prefix time:u48 place      (no value; one for each entry that falls due)
 */

/** LMDB takes keys of 1,978 bytes; beside a prefix and a time this is left: a key of 1,700 bytes and a separator. */
const maxPlaceBytes = 1_701;

const timeBytes = 6;

/** The latest time at which an entry can fall due, in milliseconds. */
export const latestDue = 2 ** 48 - 1;

const joined = (prefix: Buffer, place: string): Buffer => {
  const key = Buffer.allocUnsafe(prefix.length + Buffer.byteLength(place));
  prefix.copy(key);
  key.write(place, prefix.length);
  return key;
};

/** The key of an entry. @throws RangeError where the entry's own key is too long to be stored. */
export const entryKey = (prefix: Buffer, key: string): Buffer => {
  const made = joined(prefix, placeOf(key));
  const length = made.length - prefix.length;
  if (length > maxPlaceBytes)
    throw new RangeError(
      `state entry key of ${length - 1} bytes; at most ${maxPlaceBytes - 1} can be stored`,
    );
  return made;
};

/** What the keys of a trace's entries begin with. */
export const traceKeys = (prefix: Buffer, trace: string): Buffer => joined(prefix, placesOfTrace(trace));

/** The place in a key made by {@link entryKey}. */
export const placeInEntryKey = (key: Buffer, prefix: Buffer): string => key.toString('utf8', prefix.length);

/** The key of the due time of the entry with this {@link entryKey}. */
export const dueKey = (prefix: Buffer, time: number, entry: Buffer): Buffer => {
  const key = Buffer.allocUnsafe(entry.length + timeBytes);
  prefix.copy(key);
  key.writeUIntBE(time, prefix.length, timeBytes);
  entry.copy(key, prefix.length + timeBytes, prefix.length);
  return key;
};

/** The first key of an entry that falls due at `time` or later, for times up to {@link latestDue}. */
export const dueFrom = (prefix: Buffer, time: number): Buffer => dueKey(prefix, time, prefix);

/** The time in a key made by {@link dueKey}. */
export const timeInDueKey = (key: Buffer, prefix: Buffer): number => key.readUIntBE(prefix.length, timeBytes);

/** The key of the entry whose due time has this key. */
export const entryKeyOfDueKey = (key: Buffer, prefix: Buffer): Buffer =>
  Buffer.concat([prefix, key.subarray(prefix.length + timeBytes)]);

/** The first key after all that begin with `prefix`. */
export const afterPrefix = (prefix: Buffer): Buffer => {
  const end = Buffer.from(prefix);
  for (let index = end.length - 1; index >= 0; index -= 1) {
    const byte = end[index]!;
    if (byte < 255) {
      end[index] = byte + 1;
      return end.subarray(0, index + 1);
    }
  }
  throw new RangeError('no key follows a prefix of 0xff bytes only');
};
