import type { Fields, JsonValue } from './hook-context.js';
import { refuse } from './refusal.js';
import type { Refusal } from './refusal.js';

/** How deep `data` and `metadata` may nest; the object itself is the first level. Bounds every recursion over them. */
export const maxNesting = 64;

/** How many values one `data` or `metadata` may hold. Each takes a byte at least, so the size limit is met first. */
export const maxValues = 512 * 1024;

/** Fields under construction. */
export type MutableFields = Record<string, JsonValue>;

/**
 * Its prototype is an empty frozen object that inherits nothing: every key is only a key, as with a null prototype, but
 * the engine keeps the fast layout that `Object.create(null)` gives up.
 */
const Bare = function (this: object): void {
  // Nothing to set up.
} as unknown as new () => MutableFields;
Bare.prototype = Object.freeze(Object.create(null) as object);

/** A new object that inherits no key at all, so `__proto__` and `constructor` are keys like others. */
export const emptyFields = (): MutableFields => new Bare();

/** Whether `value` is an object as JSON knows it: no array, no instance of a class; of whichever realm. */
export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** What a copy has left to spend, and the first thing that it met and could not take. */
interface Copying {
  valuesLeft: number;
  problem: { readonly path: string[]; readonly reason: string } | undefined;
}

const stop = (copying: Copying, reason: string): Fields | undefined => {
  copying.problem = { path: [], reason };
  return undefined;
};

const copyArray = (items: readonly unknown[], depth: number, copying: Copying): JsonValue | undefined => {
  if (depth > maxNesting) return stop(copying, `is nested more than ${maxNesting} levels deep`);
  if (items.length > copying.valuesLeft) return stop(copying, 'holds too many values');
  const copy: JsonValue[] = [];
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    const value = item === undefined ? null : copyValue(item, depth + 1, copying);
    if (value === undefined) {
      copying.problem?.path.unshift(String(index));
      return undefined;
    }
    copy.push(value);
  }
  return copy;
};

const copyObject = (
  from: Readonly<Record<string, unknown>>,
  depth: number,
  copying: Copying,
): Fields | undefined => {
  if (depth > maxNesting) return stop(copying, `is nested more than ${maxNesting} levels deep`);
  const copy = emptyFields();
  for (const key of Object.keys(from)) {
    const member = from[key];
    if (member === undefined) continue;
    const value = copyValue(member, depth + 1, copying);
    if (value === undefined) {
      copying.problem?.path.unshift(key.toWellFormed());
      return undefined;
    }
    copy[key.toWellFormed()] = value;
  }
  return copy;
};

const copyValue = (value: unknown, depth: number, copying: Copying): JsonValue | undefined => {
  copying.valuesLeft -= 1;
  if (copying.valuesLeft < 0) return stop(copying, 'holds too many values');
  if (typeof value === 'string') return value.toWellFormed();
  // Adding 0 turns -0 into 0: JSON text cannot hold it, and the log and the direct way must agree.
  if (typeof value === 'number')
    return Number.isFinite(value) ? value + 0 : stop(copying, 'is not a finite number');
  if (typeof value === 'boolean' || value === null) return value;
  if (Array.isArray(value)) return copyArray(value, depth, copying);
  if (isPlainObject(value)) return copyObject(value, depth, copying);
  return stop(copying, 'is not a JSON value');
};

const refusalAt = (field: string, { problem }: Copying): Refusal =>
  refuse([field, ...(problem?.path ?? [])].join('.'), problem?.reason ?? 'is not a JSON value');

/**
 * A deep copy of one value of `data` or `metadata`, free of lone surrogates (each becomes U+FFFD, as UTF-8 would make
 * it), of -0 and of inherited keys. Refuses with the path below `field` what JSON cannot hold: numbers that are not
 * finite (`1e400` is parsed as infinite), instances of classes, more than {@link maxNesting} levels, too many values.
 */
export const readJsonValue = (
  value: unknown,
  field: string,
): { readonly type: 'read'; readonly value: JsonValue } | Refusal => {
  const copying: Copying = { valuesLeft: maxValues, problem: undefined };
  const copy = copyValue(value, 2, copying);
  return copy === undefined ? refusalAt(field, copying) : { type: 'read', value: copy };
};

/** As {@link readJsonValue}, for the whole object that `field` names. */
export const readFields = (
  value: unknown,
  field: string,
): { readonly type: 'read'; readonly fields: Fields } | Refusal => {
  if (!isPlainObject(value)) return refuse(field, 'must be an object');
  const copying: Copying = { valuesLeft: maxValues, problem: undefined };
  const fields = copyObject(value, 1, copying);
  return fields === undefined ? refusalAt(field, copying) : { type: 'read', fields };
};
