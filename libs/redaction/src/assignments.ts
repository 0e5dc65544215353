import { mask, maskWhole } from './secret-values.js';
import { bracketEnd, closes, isQueryEnd, lineEnd, quotedEnd, Words } from './value-end.js';

/** A name that a value may follow, as in JSON, headers, query strings, command lines and environments. */
const nameBefore =
  /(?<![\w.-])([A-Za-z_-][\w.-]{0,127})((?:\\{0,7}["'])?)(?:\]|%5[Dd])?([ \t]{0,3})(?:=>|[:=])([ \t]{0,3})/g;

/** The same of a command line, where a blank is enough: `--token abc`. */
const flagBefore = /(?<![\w.-])(--[A-Za-z][\w.-]{0,127})[ \t]{1,3}(?![-=:\s])/g;

const schemeAt = /(?:(?:bearer|basic|digest|token|apikey|api-key|negotiate)[ \t]+)?/iy;
const openingAt = /\\{0,7}["'`]/y;
const literalAt = /(?:-?\d[\d.eE+-]*|true|false|null)(?=[\s,}\]]|$)/y;

/** What says that there is no secret, or of which type one would be. */
const plainWord =
  /^(?:true|false|null|nil|none|undefined|string|str|number|int|integer|boolean|bool|any|unknown|object|required|optional|missing|invalid|expired)$/i;

const headerName = /^[A-Za-z]+(?:-[A-Za-z]+)+$/;
const lineName = /(?:authorization|cookies?)$/i;
/** As source code has it: a call, or the end of a statement. */
const sourceCode = /^[\w.$]+\(.*\)$|[;,{]$/;

/** A value that may have to be masked, and what stands before it. */
interface Place {
  readonly text: string;
  readonly words: Words;
  /** The same as words of queries. */
  readonly queries: Words;
  readonly name: string;
  /** Where the name begins, and the value. */
  readonly start: number;
  readonly from: number;
  /** The quote behind the name, with its backslashes. */
  readonly nameQuote: string;
  /** The value follows its sign without a blank, or is a flag's. */
  readonly isTight: boolean;
  readonly isColon: boolean;
}

interface Masked {
  readonly end: number;
  readonly put: string;
}

const matchAt = (pattern: RegExp, text: string, from: number): string | undefined => {
  pattern.lastIndex = from;
  return pattern.exec(text)?.[0];
};

/** So far is looked for what stands around a value: without a bound, many values could share a long way. */
const around = 64;

/** Without what closes something around it. */
const trimmed = (text: string, from: number, end: number): number => {
  let last = end;
  while (last > from && end - last < around && closes(text[last - 1])) last -= 1;
  return last;
};

/** The end of the quotes that the whole of name and value stand in: `"PW=abc"`. */
const aroundEnd = ({ text, start, from, nameQuote }: Place): number => {
  const before = text[start - 1] ?? '';
  if (nameQuote !== '' || (before !== '"' && before !== "'")) return text.length;
  let first = start - 1;
  while (first > 0 && start - 1 - first < 7 && text[first - 1] === '\\') first -= 1;
  return quotedEnd(text, from, text.slice(first, start));
};

const wordEnd = (place: Place, from: number): number => {
  const { text, start, words, queries } = place;
  if (/[?&]/.test(text[start - 1] ?? '')) return queries.end(from);
  return Math.min(words.end(from), Math.max(aroundEnd(place), from));
};

/** Name and value alone on their line, or in quotes: `password: letters`. */
const isAlone = (place: Place, end: number): boolean => {
  const { text, start } = place;
  let first = start;
  while (start - first < around && /[ \t-]/.test(text[first - 1] ?? '')) first -= 1;
  if (!/[\r\n"']/.test(text[first - 1] ?? '\n')) return false;
  let last = end;
  while (last - end < around && (text[last] === ' ' || text[last] === '\t')) last += 1;
  return /[\r\n"']/.test(text[last] ?? '\n');
};

/** A bare word after a colon or a spaced sign is prose or source code more often than not, unless it has a digit. */
const isSecretWord = (place: Place, from: number, end: number): boolean => {
  const { text, words, name, isTight, isColon } = place;
  if (end - from <= 10 && plainWord.test(text.slice(from, trimmed(text, from, end)))) return false;
  if (isTight || (isColon && headerName.test(name))) return true;
  if (end - from >= 6 && words.hasDigit(from)) return true;
  return isAlone(place, end) && !sourceCode.test(text.slice(from, end));
};

const bareValue = (place: Place, scheme: string): Masked | undefined => {
  const { text, nameQuote, isColon } = place;
  const from = place.from + scheme.length;
  const literal = nameQuote !== '' && isColon ? matchAt(literalAt, text, from) : undefined;
  if (literal !== undefined)
    return /^[tfn]/.test(literal)
      ? undefined
      : { end: from + literal.length, put: `${nameQuote}${mask}${nameQuote}` };
  const whole = wordEnd(place, from);
  const end = trimmed(text, from, whole);
  if (end === from && !text.startsWith(mask, from)) return undefined;
  if (text.startsWith(mask, from) && trimmed(text, from + mask.length, whole) === from + mask.length)
    return undefined;
  return scheme !== '' || isSecretWord(place, from, whole) ? { end, put: `${scheme}${mask}` } : undefined;
};

/** A quote that closes before the secret does, as in `'it'\''s'`, is followed by more of the word. */
const goesOn = (text: string, at: number): boolean => /[\w$]|\\(?=')|''/y.test(text.slice(at, at + 2));

const quotedValue = (place: Place, scheme: string, opening: string): Masked | undefined => {
  const { text } = place;
  const from = place.from + scheme.length + opening.length;
  const end = quotedEnd(text, from, opening);
  const isClosed = end < text.length;
  const behind = isClosed ? end + opening.length : end;
  if (end === from && !goesOn(text, behind)) return undefined;
  const content = text.slice(from, end);
  const put = `${scheme}${opening}${content === '' ? mask : maskWhole(content)}`;
  if (isClosed && opening.length === 1 && goesOn(text, behind)) {
    const last = trimmed(text, behind, wordEnd(place, behind));
    return { end: text[last] === opening ? last + 1 : last, put: `${put}${opening}` };
  }
  return { end, put };
};

const bracketedValue = (place: Place): Masked | undefined => {
  const { text, from, nameQuote } = place;
  const end = bracketEnd(text, from);
  if (nameQuote !== '') return { end, put: `${nameQuote}${mask}${nameQuote}` };
  return { end: trimmed(text, end, end < text.length ? place.words.end(end) : end), put: mask };
};

/** A header's line: several cookies, each with a name; a scheme with several parts. */
const lineValue = (place: Place): Masked | undefined => {
  const { text, from } = place;
  const end = Math.min(lineEnd(text, from), Math.max(aroundEnd(place), from));
  return end === from ? undefined : { end, put: maskWhole(text.slice(from, end)) };
};

const isLine = ({ name, text, start }: Place): boolean =>
  lineName.test(name) && !/[?&]/.test(text[start - 1] ?? '');

const maskedValue = (place: Place): Masked | undefined => {
  const { text, from } = place;
  if (/[[{]/.test(text[from] ?? '') && !text.startsWith(mask, from)) return bracketedValue(place);
  const scheme = matchAt(schemeAt, text, from) ?? '';
  const opening = matchAt(openingAt, text, from + scheme.length);
  if (opening !== undefined) return quotedValue(place, scheme, opening);
  if (place.nameQuote === '' && isLine(place) && (scheme === '' || /cookies?$/i.test(place.name)))
    return lineValue(place);
  return bareValue(place, scheme);
};

/** Told whether a name is sensitive; `value` begins what it stands for. */
type IsSensitive = (name: string, value: string) => boolean;

/** What a line break before a name leaves of it, where it is written as an escape: `\nCookie`. */
const nameIn = (text: string, name: string, at: number): readonly string[] =>
  text[at - 1] === '\\' && /^[nrt]/.test(name) ? [name, name.slice(1)] : [name];

const maskAfter = (text: string, before: RegExp, isSensitive: IsSensitive): string => {
  const words = new Words(text);
  const queries = new Words(text, isQueryEnd);
  let masked = '';
  let done = 0;
  before.lastIndex = 0;
  for (let found = before.exec(text); found !== null; found = before.exec(text)) {
    const [whole, name = '', nameQuote = '', blank, after] = found;
    const from = found.index + whole.length;
    const beginning = text.slice(from, from + 3);
    if (!nameIn(text, name, found.index).some((each) => isSensitive(each, beginning))) continue;
    const isTight = blank === undefined || (whole.endsWith('=') && blank === '' && after === '');
    const isColon = whole.trimEnd().endsWith(':');
    const value = maskedValue({
      text,
      words,
      queries,
      name,
      start: found.index,
      from,
      nameQuote,
      isTight,
      isColon,
    });
    if (value === undefined) continue;
    masked += text.slice(done, from) + value.put;
    done = value.end;
    before.lastIndex = done;
  }
  return done === 0 ? text : masked + text.slice(done);
};

/**
 * The text with what follows a sensitive name masked: `password=…`, `"api_key": "…"`, `Cookie: …`, `--token …`. In quotes
 * up to the same quote, in brackets up to theirs, else up to white space.
 */
export const maskAssignments = (text: string, isSensitive: IsSensitive): string =>
  maskAfter(maskAfter(text, nameBefore, isSensitive), flagBefore, isSensitive);
