import { createHash, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Logger } from './logger.js';

/** The SHA-256 of a key, which is all that is kept of it. */
export const keyDigest = (key: string): Buffer => createHash('sha256').update(key).digest();

/** Entries by the key that a caller shows. */
export interface KeyTable<T> {
  /** The entry of this key, undefined where there is none. Takes as long with many keys as with one. */
  find(key: string): T | undefined;
  /** The entry of a key whose digest is known. */
  at(digest: Uint8Array): T | undefined;
}

/**
 * A table of keys of which only digests are known. A look-up compares in constant time, and finds its place by the digest
 * mixed with a secret of this process: how long it takes tells nobody anything about a key.
 */
export const openKeyTable = <T extends { readonly digest: Uint8Array }>(
  entries: readonly T[],
): KeyTable<T> => {
  const secret = randomBytes(32);
  const placeOf = (digest: Uint8Array): string => hash('sha256', Buffer.concat([secret, digest]), 'base64');
  const places = new Map(entries.map((entry) => [placeOf(entry.digest), entry]));
  const at = (digest: Uint8Array): T | undefined => {
    const entry = places.get(placeOf(digest));
    return entry !== undefined && timingSafeEqual(entry.digest, digest) ? entry : undefined;
  };
  return { at, find: (key) => at(keyDigest(key)) };
};

/** Fewer characters than this can be found by trying. */
const leastKeyLength = 16;

/** Says that one of the keys can be guessed, where one is short; which one, and how short, nobody is told. */
export const warnOfShortKeys = (
  keys: readonly string[],
  variable: string,
  logger: Pick<Logger, 'warn'>,
): void => {
  if (keys.some((key) => key.length < leastKeyLength))
    logger.warn(
      `${variable} has a key of fewer than ${leastKeyLength} characters, which can be guessed; \`kaizen-trace keys new\` makes one that cannot`,
    );
};
