/** What a parser of the query API made of a text: a value, or the words with which Go would refuse it. */
export type Parsed<T> =
  { readonly type: 'parsed'; readonly value: T } | { readonly type: 'refused'; readonly reason: string };

/** An outcome with a value. */
export const parsed = <T>(value: T): Parsed<T> => ({ type: 'parsed', value });
/** An outcome with the words of a refusal. */
export const refused = (reason: string): Parsed<never> => ({ type: 'refused', reason });

const quoted = (text: string): string => JSON.stringify(text);

/** Decodes `%xx` and `+` as Go's `url.QueryUnescape`; undefined where an escape is broken. */
export const queryUnescape = (text: string): string | undefined => {
  if (!/[%+]/.test(text)) return text;
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const bytes: Buffer[] = [];
  for (const part of text.replaceAll('+', ' ').split(/((?:%[0-9a-fA-F]{2})+)/)) {
    const isEscaped = part.startsWith('%');
    bytes.push(isEscaped ? Buffer.from(part.replaceAll('%', ''), 'hex') : Buffer.from(part));
  }
  return Buffer.concat(bytes).toString('utf8');
};

/** The parameters of a query string, as Go reads a form: broken pairs are passed over. */
export const parseQuery = (query: string): ReadonlyMap<string, readonly string[]> => {
  const form = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const at = pair.indexOf('=');
    const key = queryUnescape(at < 0 ? pair : pair.slice(0, at));
    const value = queryUnescape(at < 0 ? '' : pair.slice(at + 1));
    if (key === undefined || value === undefined) continue;
    const values = form.get(key);
    if (values === undefined) form.set(key, [value]);
    else values.push(value);
  }
  return form;
};

/** A decimal integer of 32 or 64 bits, as Go's `strconv.ParseInt` takes it. */
export const parseInteger = (text: string, bits: 32 | 64): Parsed<bigint> => {
  if (!/^[+-]?[0-9]+$/.test(text)) {
    return refused(`strconv.ParseInt: parsing ${quoted(text)}: invalid syntax`);
  }
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(bits, value) === value
    ? parsed(value)
    : refused(`strconv.ParseInt: parsing ${quoted(text)}: value out of range`);
};

const truths: Readonly<Record<string, boolean>> = {
  '1': true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  '0': false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

/** A truth value, as Go's `strconv.ParseBool` takes it. */
export const parseTruth = (text: string): Parsed<boolean> => {
  const value = Object.hasOwn(truths, text) ? truths[text] : undefined;
  return value === undefined
    ? refused(`strconv.ParseBool: parsing ${quoted(text)}: invalid syntax`)
    : parsed(value);
};

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** As {@link units}, with those that people count days in. */
const longUnits: Readonly<Record<string, bigint>> = {
  ...units,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
};

const parseDurationIn = (text: string, known: Readonly<Record<string, bigint>>): Parsed<bigint> => {
  const invalid = refused(`time: invalid duration ${quoted(text)}`);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  let rest = text.slice(sign.length);
  if (rest === '0') return parsed(0n);
  if (rest === '') return invalid;
  let total = 0n;
  while (rest !== '') {
    const [, number, whole = '', fraction = '', name] = /^(([0-9]*)(?:\.([0-9]*))?)([^.0-9]*)/.exec(rest)!;
    if (whole === '' && fraction === '') return invalid;
    if (name === '') return refused(`time: missing unit in duration ${quoted(text)}`);
    const unit = Object.hasOwn(known, name!) ? known[name!] : undefined;
    if (unit === undefined) return refused(`time: unknown unit ${quoted(name!)} in duration ${quoted(text)}`);
    total += BigInt(whole === '' ? 0 : whole) * unit;
    if (fraction !== '') total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    rest = rest.slice(number!.length + name!.length);
    if (total >= 2n ** 63n) return invalid;
  }
  return parsed(sign === '-' ? -total : total);
};

/** A duration such as `1h15m30.918ms`, in nanoseconds, as Go's `time.ParseDuration` takes it. */
export const parseGoDuration = (text: string): Parsed<bigint> => parseDurationIn(text, units);

/** As {@link parseGoDuration}, with days and weeks: `2h`, `3d`, `1w12h`. */
export const parseLookback = (text: string): Parsed<bigint> => parseDurationIn(text, longUnits);

const parseHalf = (text: string): Parsed<string> =>
  /^[0-9a-fA-F]+$/.test(text)
    ? parsed(text.toLowerCase().padStart(16, '0'))
    : refused(`strconv.ParseUint: parsing ${quoted(text)}: invalid syntax`);

/** A trace id of one to 32 hex digits, leading zeros optional, as 32 lower-case digits. */
export const parseTraceId = (text: string): Parsed<string> => {
  const length = Buffer.byteLength(text);
  if (length > 32) return refused(`TraceID cannot be longer than 32 hex characters: ${text}`);
  if (length <= 16) {
    const low = parseHalf(text);
    return low.type === 'parsed' ? parsed('0'.repeat(16) + low.value) : low;
  }
  const high = parseHalf(text.slice(0, -16));
  if (high.type === 'refused') return high;
  const low = parseHalf(text.slice(-16));
  return low.type === 'parsed' ? parsed(high.value + low.value) : low;
};
