/** Stand-ins for what cannot be told; short, so that a reader sees at once what happened. */
const circular = '[circular]';
const unreadable = '[unreadable]';
const tooDeep = '[too deep]';
const tooMuch = '[too much]';

/** The contract takes 64 levels of `data`; the rest of the event is above it. */
const deepest = 60;
/** An event may have half a MiB, and each value takes a byte at least. */
const mostValues = 512 * 1024;

/** What one copy has left to spend, and the objects on the way to where it is. */
interface Copying {
  valuesLeft: number;
  readonly path: Set<object>;
}

const number = (value: bigint): number | string =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value.toString();

const attempt = (read: () => unknown): unknown => {
  try {
    return read();
  } catch {
    return unreadable;
  }
};

/** What `toJSON` gives, where there is one that works. */
const plain = (value: object): unknown => {
  const own = attempt(() => ('toJSON' in value ? value.toJSON : undefined));
  if (typeof own !== 'function') return value;
  try {
    return (own as (this: object) => unknown).call(value);
  } catch {
    return value;
  }
};

const copyArray = (items: readonly unknown[], copying: Copying): unknown[] => {
  const copy: unknown[] = [];
  for (let index = 0; index < items.length && copying.valuesLeft > 0; index += 1)
    copy.push(copyValue(items[index], copying) ?? null);
  return copy;
};

const copyFields = (from: object, copying: Copying): Record<string, unknown> => {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(from)) {
    if (copying.valuesLeft <= 0) break;
    const value = copyValue(
      attempt(() => (from as Record<string, unknown>)[key]),
      copying,
    );
    // Defined, not assigned: `__proto__` is a key like others.
    if (value !== undefined)
      Object.defineProperty(copy, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return copy;
};

const copyObject = (value: object, copying: Copying): unknown => {
  if (copying.path.has(value)) return circular;
  if (copying.path.size >= deepest) return tooDeep;
  copying.path.add(value);
  try {
    const shown = plain(value);
    if (typeof shown !== 'object' || shown === null) return copyLeaf(shown);
    return Array.isArray(shown) ? copyArray(shown, copying) : copyFields(shown, copying);
  } catch {
    return unreadable;
  } finally {
    copying.path.delete(value);
  }
};

const copyLeaf = (value: unknown): unknown => {
  if (typeof value === 'bigint') return number(value);
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
};

const copyValue = (value: unknown, copying: Copying): unknown => {
  copying.valuesLeft -= 1;
  if (copying.valuesLeft < 0) return tooMuch;
  return typeof value === 'object' && value !== null ? copyObject(value, copying) : copyLeaf(value);
};

/**
 * The JSON text of a value that `JSON.stringify` may refuse: what can be kept is kept. Circles, getters and `toJSON` that
 * throw, and what is too deep are named in their place; a bigint becomes a number where that is exact, else its digits.
 * Never throws; `undefined` for what JSON has no text for.
 */
export const carefulJson = (value: unknown): string | undefined => {
  try {
    const copy = copyValue(value, { valuesLeft: mostValues, path: new Set() });
    return JSON.stringify(copy);
  } catch {
    return JSON.stringify(unreadable);
  }
};
