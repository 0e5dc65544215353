import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oddTexts } from './values.mjs';

/** Does everything, at the gateway and at the query API. */
const whole = 'fuzz-whole-key-0123456789abcdef0123456789';
/** Keys of narrow scopes, known to the gateway alone. */
const scoped = {
  checkout: { key: 'fuzz-checkout-key-0123456789abcdef012345', services: ['checkout'] },
  reader: { key: 'fuzz-reader-key-0123456789abcdef01234567', operations: ['read'] },
  slow: { key: 'fuzz-slow-key-0123456789abcdef0123456789', requests_per_second: 1 },
};

const lineOf = ([name, { key, ...rest }]) =>
  JSON.stringify({ name, sha256: createHash('sha256').update(key).digest('hex'), ...rest });

/** What services are told of keys; writes their file into `folder`. */
export const keySettings = (folder) => {
  const file = join(folder, 'keys');
  writeFileSync(file, Object.entries(scoped).map(lineOf).join('\n'), { mode: 0o600 });
  return { KAIZEN_API_KEYS: whole, KAIZEN_QUERY_KEYS: whole, KAIZEN_API_KEYS_FILE: file };
};

/** Headers with the key that may do everything. */
export const wholeKey = { 'x-api-key': whole };

const login = (text) => `Basic ${Buffer.from(text).toString('base64')}`;

const wrongKeys = [
  {},
  { authorization: '' },
  { authorization: 'Bearer' },
  { authorization: 'Bearer  ' },
  { authorization: `Bearer ${whole}x` },
  { authorization: `Bearer ${whole.slice(0, -1)}` },
  { authorization: login(whole) },
  { authorization: 'Basic %%%' },
  { authorization: `Digest ${whole}` },
  { 'x-api-key': '' },
  { 'x-api-key': ['a', whole] },
  { 'x-api-key': 'k'.repeat(12_000) },
  { cookie: `x-api-key=${whole}` },
  { 'x-forwarded-for': '127.0.0.1', host: 'localhost' },
  ...oddTexts.filter((text) => /^[\x20-\x7e]{1,200}$/.test(text)).map((text) => ({ 'x-api-key': text })),
];

/** Headers that show a key, and what it may do: `whole`, `scoped`, or nothing at all (`none`). */
export const someKey = ({ pick, maybe }, isGateway) => {
  if (maybe(0.88)) {
    const shown = pick([
      wholeKey,
      wholeKey,
      { authorization: `Bearer ${whole}` },
      isGateway ? wholeKey : { authorization: login(`anyone:${whole}`) },
    ]);
    return { headers: shown, may: 'whole' };
  }
  if (isGateway && maybe(0.5))
    return { headers: { 'x-api-key': pick(Object.values(scoped)).key }, may: 'scoped' };
  return { headers: pick(wrongKeys), may: 'none' };
};
