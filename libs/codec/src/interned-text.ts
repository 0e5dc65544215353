import type { Buffer } from 'node:buffer';

/** Reads the UTF-8 text between two positions. */
export type TextReader = (bytes: Buffer, from: number, to: number) => string;

/** How many texts are remembered: the keys and names that agents use over and over, with room to spare. */
const slots = 1024;

/** Texts longer than this are seldom repeated. */
const longest = 32;

interface Remembered {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const sameBytes = (known: Uint8Array, bytes: Uint8Array, from: number): boolean => {
  for (let index = 0; index < known.length; index += 1)
    if (known[index] !== bytes[from + index]) return false;
  return true;
};

/**
 * A reader for texts that repeat, such as the keys of `data`: a text that it remembers costs no call into native code
 * and no new string. Each slot holds the newest text of its hash, so memory is bounded whatever comes.
 */
export const openInternedText = (): TextReader => {
  const remembered = new Array<Remembered | undefined>(slots).fill(undefined);
  return (bytes, from, to) => {
    const length = to - from;
    if (length > longest) return bytes.toString('utf8', from, to);
    let hash = length;
    for (let at = from; at < to; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 10)) & (slots - 1);
    const known = remembered[slot];
    if (known?.bytes.length === length && sameBytes(known.bytes, bytes, from)) return known.text;
    const text = bytes.toString('utf8', from, to);
    remembered[slot] = { bytes: Uint8Array.prototype.slice.call(bytes, from, to), text };
    return text;
  };
};
