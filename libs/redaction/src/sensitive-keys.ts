import { besideLetters, kinds, kindsOf } from './word-finder.js';

/** A key's words in lower case: `X-Api-Key`, `xApiKey` and `x_api_key` are all x, api, key. Digits are passed over. */
const wordsOf = (key: string): readonly string[] =>
  (key.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());

/** A word that ends so makes its key sensitive: `clientsecret` too, but neither `secretary` nor `author`. */
const sensitiveEnd = /(?:secret|authorization|cookie|credential)s?$/;

/** Sensitive wherever it stands, also in keys without any border between words. */
const sensitivePart =
  /password|passwd|passphrase|passcode|(?:api|access|private|auth|signing|encryption|master|ssh|account)[^a-z\d]?key/i;

/** Sensitive as the last word of a key, or before `code`. */
const sensitiveLast = new Set(['pwd', 'jwt', 'cvv', 'cvc', 'otp', 'pin']);

/** What stands before `pass` where that is a password and no verdict. */
const beforePass = 'db database user smtp mail mysql pg postgres redis ftp http proxy admin root login'.split(
  ' ',
);

/** Keys that end so tell about a secret, not the secret. */
const tellsAbout = new Set(
  'strength length policy required enabled expiry expires attempts stdin'.split(' '),
);

/** What stands before `token` where that is a unit and no secret. */
const countedToken = new Set(
  'input output prompt completion total max min num cached cache reasoning per first last stop eos bos pad unk sep cls mask special page next'.split(
    ' ',
  ),
);

/** What stands before `tokens` where those are secrets and no number. */
const heldTokens = ['access', 'auth', 'refresh', 'session', 'bearer', 'api', 'csrf', 'security'];

const severalTokens = new RegExp(`(?:${heldTokens.join('|')})[_-]?tokens`, 'i');

const endsInToken = (words: readonly string[]): boolean => {
  const last = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  return last.endsWith('token') && !(last === 'token' && countedToken.has(before));
};

const endsInShortName = (words: readonly string[]): boolean => {
  const [before = '', last = ''] = words.slice(-2);
  if (words.length === 1) return sensitiveLast.has(before);
  if (last === 'pass') return beforePass.includes(before);
  return sensitiveLast.has(last === 'code' ? before : last);
};

const isAbout = (words: readonly string[]): boolean => {
  const [before = '', last = ''] = words.slice(-2);
  return tellsAbout.has(last) || (before === 'key' && (last === 'id' || last === 'ids'));
};

const isSensitiveByDefault = (key: string, words: readonly string[]): boolean =>
  !isAbout(words) &&
  (words.some((word) => sensitiveEnd.test(word)) ||
    endsInToken(words) ||
    endsInShortName(words) ||
    sensitivePart.test(key) ||
    severalTokens.test(key));

/** Whether `wanted` stands in `words`, in one piece. */
const holds = (words: readonly string[], wanted: readonly string[]): boolean =>
  words.some((_, from) => wanted.every((word, index) => words[from + index] === word));

/** Tells sensitive keys, and by which words a text that holds one is found. */
export interface KeyJudge {
  /** Whether what stands under `key` is masked. */
  readonly isSensitive: (key: string) => boolean;
  /**
   * Every JSON text that holds a sensitive key, and every text with a sensitive name before `=` or `:`, holds one of
   * these (see `openWordFinder`); others may too. Undefined: no such words can be told.
   */
  readonly words: readonly (readonly number[])[] | undefined;
}

const beforeKey = 'api access private auth signing encryption master ssh account'.split(' ');

const shortNames = [
  ...sensitiveLast,
  ...beforePass.flatMap((word) => [`${word}pass`, `${word}_pass`, `${word}-pass`]),
];

const defaultWords: readonly (readonly number[])[] = [
  ...['password', 'passwd', 'passphrase', 'passcode', 'secret', 'authorization', 'cookie', 'credential'].map(
    kindsOf,
  ),
  ...beforeKey.map((word) => [...kindsOf(word), ...kindsOf('key')]),
  ...beforeKey.flatMap((word) =>
    besideLetters
      .filter((kind) => kind !== kinds.digit)
      .map((kind) => [...kindsOf(word), kind, ...kindsOf('key')]),
  ),
  // The last word of a key: then come no letters.
  ...besideLetters.filter((kind) => kind !== kinds.underscore).map((kind) => [...kindsOf('token'), kind]),
  ...besideLetters.map((kind) => [...kindsOf('token_'), kind]),
  ...shortNames.flatMap((word) => besideLetters.map((kind) => [...kindsOf(word), kind])),
  // Digits are passed over between words, and what else there is.
  ...[...sensitiveLast].map((word) => kindsOf(`${word}code`)),
  ...heldTokens.flatMap((word) => ['', '_', '-'].map((sign) => kindsOf(`${word}${sign}tokens`))),
];

/** Keys come again and again; names that agents invent are bounded. */
const remembered = { keys: 2_000, length: 64 } as const;

/**
 * A judge of keys. Sensitive are: a password, passcode, passphrase, secret, authorization, cookie or credential, an API,
 * access or private key, anything whose last word is `token`, `jwt`, `otp`, `pin`, `cvv`, `cvc` or `pwd`, and `db_pass` and
 * its like. Numbers of tokens, tokens of pages, ids of keys and what tells about a password are not. Beside these what `extra` names: a
 * string stands for keys that hold its words, however they are joined, an expression for keys that it matches.
 *
 * @throws TypeError where a string of `extra` has no letter a to z.
 */
export const openKeyJudge = (extra: readonly (string | RegExp)[] = []): KeyJudge => {
  const phrases = extra.filter((each) => typeof each === 'string').map(wordsOf);
  if (phrases.some((words) => words.length === 0))
    throw new TypeError('keys: each name of a key to redact needs a letter a to z');
  const patterns = extra
    .filter((each) => each instanceof RegExp)
    .map(({ source, flags }) => new RegExp(source, flags.replace(/[gy]/g, '')));
  const judge = (key: string): boolean => {
    const words = wordsOf(key);
    return (
      isSensitiveByDefault(key, words) ||
      phrases.some((phrase) => holds(words, phrase)) ||
      patterns.some((pattern) => pattern.test(key))
    );
  };
  const verdicts = new Map<string, boolean>();
  return {
    isSensitive(key) {
      const known = verdicts.get(key);
      if (known !== undefined) return known;
      const verdict = judge(key);
      if (key.length > remembered.length) return verdict;
      if (verdicts.size >= remembered.keys) verdicts.clear();
      verdicts.set(key, verdict);
      return verdict;
    },
    words: patterns.length > 0 ? undefined : [...defaultWords, ...phrases.map((words) => kindsOf(words[0]!))],
  };
};
