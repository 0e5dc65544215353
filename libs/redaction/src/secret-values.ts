import { kinds, kindsOf } from './word-finder.js';
import { maskCards } from './card-numbers.js';

/** What stands in the place of a secret. */
export const mask = '[redacted]';

/*
 * Each expression takes time in proportion to the text, whatever the text is: what follows a fixed beginning either
 * has a bound, or a border behind which no other match can begin, or cannot fail once it has become long.
 */
interface Pattern {
  /** Looked for only in texts that hold this. */
  readonly within?: RegExp;
  readonly find: RegExp;
  readonly put: (...groups: readonly string[]) => string;
}

const whole = (): string => mask;

/** Whether a word after `Basic` is what the scheme means: base64 of a name, a colon and a password. */
const isBasic = (text: string): boolean => {
  try {
    return /^[\x20-\x7e\x80-\xff]*:/.test(atob(text.replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return false;
  }
};

const patterns: readonly Pattern[] = [
  {
    find: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-(?!----)[^-]*)*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
    put: whole,
  },
  {
    find: /\b(bearer(?:[ \t]+|%20))(?!(?:tokens?|auth[a-z]*|scheme|header|realm|error)\b)[\w.~+/=-]{6,}/gi,
    put: (_, scheme = '') => `${scheme}${mask}`,
  },
  {
    find: /\b(basic[ \t]+)([A-Za-z0-9+/_-]{6,}={0,2})/gi,
    put: (found = '', scheme = '', text = '') => (isBasic(text) ? `${scheme}${mask}` : found),
  },
  // JSON Web Tokens begin with {" in base64url.
  { find: /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}/g, put: whole },
  { find: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g, put: whole },
  { find: /(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,})/g, put: whole },
  // A word that merely begins so has no digit, or stands within a longer name, as in task-sk-learn-2.
  { find: /(?<![A-Za-z0-9-])[sr]k[-_](?!learn-)(?=[\w-]{0,60}\d)[\w-]{16,}/g, put: whole },
  {
    find: /(?<=-)[sr]k[-_](?:(?:ant|proj|or|svcacct|admin|live|test)[-_][\w-]{16,}|[A-Za-z0-9]{20,})/g,
    put: whole,
  },
  // Groq, xAI, Perplexity, Tavily, NVIDIA, LangSmith, Replicate; webhooks.
  {
    find: /(?<![A-Za-z0-9])(?:gsk_|xai-|pplx-|tvly-|nvapi-|lsv2_|r8_|whsec_)[\w+/=-]{16,}/g,
    put: whole,
  },
  // Google's access tokens, SendGrid.
  { find: /(?<![A-Za-z0-9])(?:ya29\.[\w.-]{16,}|SG\.[\w-]{10,}\.[\w-]{10,})/g, put: whole },
  {
    find: /([?&;](?:sig|signature|x-(?:amz|goog|ms)-(?:signature|credential))=)[^\s&#"'<>\\]+/gi,
    put: (_, before = '') => `${before}${mask}`,
  },
  {
    within: /\bcurl\b/i,
    find: /((?<![\w-])(?:-[A-Za-z]{0,8}u|--user|--proxy-user)[ \t=]{0,8}(?=["']?[^\s:"']{1,128}:))(?:"[^"]+|'[^']+|[^\s"']\S*)/g,
    put: (found = '', flag = '') => {
      const login = found.slice(flag.length);
      return `${flag}${login.slice(0, login.indexOf(':') + 1)}${mask}`;
    },
  },
  { find: /\bxox[a-z]-[\w-]{10,}/g, put: whole },
  { find: /\bxapp-[\w-]{10,}/g, put: whole },
  { find: /\bAIza[\w-]{30,}/g, put: whole },
  {
    find: /\b(?:npm_[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{20,}|pypi-[\w-]{50,}|dop_v1_[a-f0-9]{60,})/g,
    put: whole,
  },
  {
    find: /(:\/\/[^\s/?#:@"'<>]*:)[^\s/?#"'<>]+@/g,
    put: (_, before = '') => `${before}${mask}@`,
  },
];

const borders = [kinds.other, kinds.underscore, kinds.hyphen, kinds.blank];

/** Every text that {@link maskValues} changes holds one of these (see `openWordFinder`), or what is always looked for. */
export const secretValueWords: readonly (readonly number[])[] = [
  ...['bearer', 'basic ', 'eyj', 'akia', 'abia', 'acca', 'private key'].map(kindsOf),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'glpat-'].map(kindsOf),
  ...['xox', 'xapp-', 'aiza', 'npm_', 'pypi-', 'dop_v'].map(kindsOf),
  ...['gsk_', 'xai-', 'pplx-', 'tvly-', 'nvapi-', 'whsec_', 'curl'].map(kindsOf),
  ...['lsv', 'ya'].map((word) => [...kindsOf(word), kinds.digit]),
  ...['sig', 'signature'].map((word) => [kinds.other, ...kindsOf(word), kinds.other]),
  ...['-signature', '-credential'].map((word) => [...kindsOf(word), kinds.other]),
  // Not the continent: a letter or digit follows.
  ...Array.from({ length: 27 }, (_, index) => [...kindsOf('asia'), index + 1]),
  ...borders.flatMap((border) =>
    ['sk-', 'sk_', 'rk-', 'rk_', 'hf_'].map((word) => [border, ...kindsOf(word)]),
  ),
  ...borders.flatMap((border) => [
    [border, ...kindsOf('r'), kinds.digit],
    [border, ...kindsOf('sg'), kinds.other],
  ]),
];

/** The text with each secret in it masked: tokens and keys by their forms, passwords of URLs, card numbers. */
export const maskValues = (text: string): string => {
  let masked = text;
  for (const { within, find, put } of patterns)
    if (within?.test(masked) ?? true) masked = masked.replace(find, put);
  return maskCards(masked, mask);
};

/** A secret's whole text, masked: the scheme of an authorization header stays. */
export const maskWhole = (text: string): string => {
  if (text === '') return text;
  const scheme = /^(?:bearer|basic|digest|token|apikey|api-key|negotiate)[ \t]+/i.exec(text)?.[0] ?? '';
  return `${scheme}${mask}`;
};
