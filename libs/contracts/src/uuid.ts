import type { Millis } from './time.js';

/** How many random bytes {@link uuidV7} takes. */
export const uuidRandomBytes = 10;

const hex = (bytes: Iterable<number>): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * A UUID of version 7 (RFC 9562): 48 bits of time, then 74 random bits. Sorts by its millisecond.
 *
 * @throws RangeError where `random` has fewer than {@link uuidRandomBytes} bytes.
 */
export const uuidV7 = (time: Millis, random: Uint8Array): string => {
  if (random.length < uuidRandomBytes) throw new RangeError(`random must have ${uuidRandomBytes} bytes`);
  // A copy, which `slice` of a Buffer would not be.
  const tail = Uint8Array.from(random.subarray(0, uuidRandomBytes));
  const view = new DataView(tail.buffer);
  view.setUint8(0, (view.getUint8(0) & 0x0f) | 0x70);
  view.setUint8(2, (view.getUint8(2) & 0x3f) | 0x80);
  const timeHex = Math.trunc(time).toString(16).padStart(12, '0').slice(-12);
  const text = timeHex + hex(tail);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  );
};
