import * as crypto from 'node:crypto';

const inSteps = (text: string): string => crypto.createHash('sha256').update(text).digest('hex');

// Taken from the whole module: a named import of what is missing would not even load.
const fastestOf = ({ hash }: { readonly hash?: typeof crypto.hash }): ((text: string) => string) =>
  hash === undefined ? inSteps : (text) => hash('sha256', text, 'hex');

/**
 * SHA-256 of the UTF-8 text, as 64 lower-case hex digits: what trace and span ids are made of. By Node's one-shot hash,
 * which Node 20 has from 20.12 on; before that by the slower object.
 */
export const sha256Hex: (text: string) => string = fastestOf(crypto);
