import { emptyFields, type Fields, type JsonValue, type MutableFields } from '@kaizen-trace/contracts';
import { maskAssignments } from './assignments.js';
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

/** The least whole number that is long enough for a card. */
const leastCard = 1e12;

export const isArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

const isCardNumber = (value: number): boolean =>
  value >= leastCard && Number.isInteger(value) && maskValues(String(value)) === mask;

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
  each: (item: JsonValue) => JsonValue,
): readonly JsonValue[] => {
  let copy: JsonValue[] | undefined;
  for (const [index, item] of items.entries()) {
    const put = each(item);
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

  text(text: string): string {
    if (text.length < shortest || !this.mayHold(text)) return text;
    let masked = maskValues(text);
    for (const pattern of this.#values) masked = masked.replace(pattern, mask);
    return maskAssignments(masked, this.#judge.isSensitive);
  }

  /** The fields under the names of `kept` stay as they are. */
  fields(fields: Fields, kept: ReadonlySet<string> = nothing, depth = 1): Fields {
    return changed(fields, (value, key) => {
      if (kept.has(key)) return value;
      return this.#judge.isSensitive(key) ? this.#whole(value, depth + 1) : this.value(value, depth + 1);
    });
  }

  value(value: JsonValue, depth: number): JsonValue {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return isCardNumber(value) ? mask : value;
    if (typeof value !== 'object' || value === null) return value;
    if (depth > deepest) return mask;
    return isArray(value)
      ? changedItems(value, (item) => this.value(item, depth + 1))
      : this.fields(value, nothing, depth);
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
