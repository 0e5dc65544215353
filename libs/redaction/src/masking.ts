import { emptyFields, type Fields, type JsonValue, type MutableFields } from '@kaizen-trace/contracts';
import { maskAssignments } from './assignments.js';
import { isCardNumber } from './card-numbers.js';
import { mask, maskValues, maskWhole, secretValueWords } from './secret-values.js';
import { openKeyJudge, type KeyJudge } from './sensitive-keys.js';
import { openWordFinder } from './word-finder.js';

/** What is masked beside the usual. */
export interface MaskingOptions {
  /** More keys to mask: a string by its words (`customer_email` also masks `customerEmail`), or an expression. */
  readonly keys?: readonly (string | RegExp)[] | undefined;
  /** More to mask within strings: whatever these expressions find. Slow expressions make this slow too. */
  readonly values?: readonly RegExp[] | undefined;
}

const nothing: ReadonlySet<string> = new Set();

/** Deeper than any event may nest: what lies below is masked unseen. */
const deepest = 100;

/** A shorter text holds no secret by its form. */
const shortest = 5;

/** A longer text is not parsed as JSON, but masked as any other. In UTF-16 units. */
const longestParsed = 1024 * 1024;

/** Names of headers and flags are short. */
const longestName = 128;
export const isArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

const isText = (value: JsonValue | undefined): value is string => typeof value === 'string';

const isFlag = (value: string): boolean => /^--?[A-Za-z]/.test(value);

/** Where a directory stands under the name that shells have it under, it is no password. */
const isDirectory = (key: string, value: string): boolean =>
  /^(?:old)?pwd$/i.test(key) && /^["']?(?:[/~.]|[A-Za-z]:[\\/])/.test(value);

/** What JSON text holds, where it is an array or object; undefined for any other text. */
const parsedJson = (text: string): JsonValue | undefined => {
  if (text.length > longestParsed || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
};

/** The fields themselves where `each` gives back every value, else a copy. */
export const changed = (fields: Fields, each: (value: JsonValue, key: string) => JsonValue): Fields => {
  let copy: MutableFields | undefined;
  for (const key of Object.keys(fields)) {
    const value = fields[key]!;
    const put = each(value, key);
    if (put === value) continue;
    copy ??= Object.assign(emptyFields(), fields);
    copy[key] = put;
  }
  return copy ?? fields;
};

const changedItems = (
  items: readonly JsonValue[],
  each: (item: JsonValue, index: number) => JsonValue,
): readonly JsonValue[] => {
  let copy: JsonValue[] | undefined;
  for (const [index, item] of items.entries()) {
    const put = each(item, index);
    if (put === item) continue;
    copy ??= [...items];
    copy[index] = put;
  }
  return copy ?? items;
};

/** What is masked, and where: one set of rules for texts, fields and whole events. */
export class Masking {
  readonly #judge: KeyJudge;
  readonly #values: readonly RegExp[];
  /** Undefined: nothing can be told of a text before it is looked at. */
  readonly #find: ((text: string) => boolean) | undefined;

  constructor({ keys, values = [] }: MaskingOptions) {
    this.#judge = openKeyJudge(keys);
    this.#values = values.map(({ source, flags }) => new RegExp(source, `${flags.replace(/[gy]/g, '')}g`));
    const { words } = this.#judge;
    this.#find =
      words === undefined || values.length > 0 ? undefined : openWordFinder([...words, ...secretValueWords]);
  }

  /** Whether a text, JSON or not, may hold something to mask. False is certain. */
  mayHold(text: string): boolean {
    return this.#find?.(text) ?? true;
  }

  /** Text that is JSON as a whole is masked as what it says, and written again. */
  text(text: string, depth = 1): string {
    if (text.length < shortest || !this.mayHold(text)) return text;
    const json = parsedJson(text);
    const masked = json === undefined ? this.#words(text) : this.#json(text, json, depth);
    return this.#own(masked);
  }

  /** The fields under the names of `kept` stay as they are. */
  fields(fields: Fields, kept: ReadonlySet<string> = nothing, depth = 1): Fields {
    const named = this.#namesValue(fields);
    return changed(fields, (value, key) => {
      if (kept.has(key)) return value;
      const isSensitive = (named && key === 'value') || this.#isSensitive(fields, key);
      return isSensitive ? this.#whole(value, depth + 1) : this.value(value, depth + 1);
    });
  }

  value(value: JsonValue, depth: number): JsonValue {
    if (typeof value === 'string') return this.text(value, depth);
    if (typeof value === 'number') return isCardNumber(value) ? mask : value;
    if (typeof value !== 'object' || value === null) return value;
    if (depth > deepest) return mask;
    return isArray(value) ? this.#items(value, depth) : this.fields(value, nothing, depth);
  }

  #json(text: string, json: JsonValue, depth: number): string {
    const masked = this.value(json, depth + 1);
    if (masked !== json) return JSON.stringify(masked);
    // Of a name that comes twice only the last was looked at.
    return this.#words(text) === text ? text : JSON.stringify(json);
  }

  #words(text: string): string {
    return maskAssignments(
      maskValues(text),
      (name, value) => this.#judge.isSensitive(name) && !isDirectory(name, value),
    );
  }

  #own(text: string): string {
    let masked = text;
    for (const pattern of this.#values) masked = masked.replace(pattern, mask);
    return masked;
  }

  /** A name and its value: `{ name: 'authorization', value: … }`. */
  #namesValue({ name, key, value }: Fields): boolean {
    if (value === undefined) return false;
    return [name, key].some((each) => isText(each) && this.#isName(each));
  }

  #isName(text: string): boolean {
    return text.length <= longestName && /^[\w.-]+$/.test(text) && this.#judge.isSensitive(text);
  }

  /** One token of a model's answer stands beside how likely it was. */
  #isSensitive(fields: Fields, key: string): boolean {
    if (!this.#judge.isSensitive(key) || (key === 'token' && fields.logprob !== undefined)) return false;
    const value = fields[key];
    return !(isText(value) && isDirectory(key, value));
  }

  #items(items: readonly JsonValue[], depth: number): readonly JsonValue[] {
    return changedItems(items, (item, index) => {
      const before = items[index - 1];
      if (isText(item) && isText(before) && isFlag(before) && !isFlag(item) && this.#isName(before))
        return maskWhole(item);
      if (typeof item !== 'object' || item === null || !isArray(item) || item.length !== 2)
        return this.value(item, depth + 1);
      const [name, value] = item;
      // A pair in a list, as headers have it.
      if (!isText(name) || value === undefined || !this.#isName(name)) return this.value(item, depth + 1);
      const masked = this.#whole(value, depth + 2);
      return masked === value ? item : [name, masked];
    });
  }

  /** Every text and number of a sensitive value; true, false and null tell nothing. */
  #whole(value: JsonValue, depth: number): JsonValue {
    if (typeof value === 'string') return maskWhole(value);
    if (typeof value === 'number') return mask;
    if (typeof value !== 'object' || value === null) return value;
    if (depth > deepest) return mask;
    return isArray(value)
      ? changedItems(value, (item) => this.#whole(item, depth + 1))
      : changed(value, (member) => this.#whole(member, depth + 1));
  }
}
