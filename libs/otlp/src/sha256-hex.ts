import * as crypto from 'node:crypto';

// Taken from the whole: an import of it would not even load where it is missing.

const { hash: oneShot }: { readonly hash?: typeof crypto.hash } = crypto;

const inSteps = (text: string): string => crypto.createHash('sha256').update(text).digest('hex');

/**
 * SHA-256 of the UTF-8 text, as 64 lower-case hex digits: what trace and span ids are made of. By Node's one-shot hash,
 * which Node 20 has from 20.12 on; before that by the slower object.
 */
export const sha256Hex: (text: string) => string =
  oneShot === undefined ? inSteps : (text) => oneShot('sha256', text, 'hex');
