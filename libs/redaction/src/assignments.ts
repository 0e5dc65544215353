import { mask } from './secret-values.js';

/** A name that a value may follow, as in JSON, headers, query strings, command lines and environments. */
const nameBefore = /(?<![\w.-])([A-Za-z_-][\w.-]{0,63})\\{0,7}["']?([ \t]{0,3})(?:=>|[:=])([ \t]{0,3})/g;

const valueAt =
  /((?:bearer|basic|digest|token)[ \t]+)?(?:(\[redacted\])|(\\{0,7}["'])([^"'\\\r\n]+)|([^\s"'\\,;&<>(){}[\]|]+))/iy;

/** A line of cookies holds several, each with a name. */
const cookiesAt = /(\\{0,7}["'])?[^"'\\\r\n]+/y;

/** A bare word after a colon or a spaced sign is prose or source code more often than not, unless it has a digit. */
const looksRandom = (value: string): boolean => value.length >= 6 && /\d/.test(value);

const maskedValue = (value: RegExpExecArray, isTight: boolean): string => {
  const [found, scheme = '', , quote = '', quoted, bare = ''] = value;
  if (quoted !== undefined) return `${scheme}${quote}${mask}`;
  if (bare === '') return found;
  return scheme !== '' || isTight || looksRandom(bare) ? `${scheme}${mask}` : found;
};

/** The text with what follows a sensitive name masked: `password=…`, `"api_key": "…"`, `Cookie: …`. */
export const maskAssignments = (text: string, isSensitive: (key: string) => boolean): string => {
  let masked = '';
  let done = 0;
  nameBefore.lastIndex = 0;
  for (let found = nameBefore.exec(text); found !== null; found = nameBefore.exec(text)) {
    const [whole, name = '', before = '', after = ''] = found;
    if (!isSensitive(name)) continue;
    const from = found.index + whole.length;
    const isCookie = /cookies?$/i.test(name);
    const pattern = isCookie ? cookiesAt : valueAt;
    pattern.lastIndex = from;
    const value = pattern.exec(text);
    if (value === null) continue;
    const isTight = whole.endsWith('=') && before === '' && after === '';
    const put = isCookie ? `${value[1] ?? ''}${mask}` : maskedValue(value, isTight);
    masked += text.slice(done, from) + put;
    done = from + value[0].length;
    nameBefore.lastIndex = done;
  }
  return done === 0 ? text : masked + text.slice(done);
};
