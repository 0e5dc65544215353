import { canonicalForm } from './avro-schema.js';
import type { AvroSchema } from './avro-schema.js';

/**
 * Walks over one value and holds it against its bytes before anything is read or allocated: avsc reads on behind the
 * end of its buffer, so that a broken count would keep it busy for ever.
 */
interface Walk {
  readonly bytes: Uint8Array;
  at: number;
  /** Items of arrays and maps that may still come. As many as there are bytes: enough for all that take any. */
  itemsLeft: number;
}

/** Moves past one value; false where the bytes cannot be one. */
type Step = (walk: Walk) => boolean;

/** A zigzag varint of at most 64 bits; NaN where there is none. Not exact beyond 2^53, where every use refuses it. */
const readLong = (walk: Walk): number => {
  const { bytes } = walk;
  const first = bytes[walk.at++];
  if (first === undefined) return NaN;
  if (first < 0x80) return (first >>> 1) ^ -(first & 1);
  let value = first & 0x7f;
  for (let shift = 1, weight = 0x80; shift < 10; shift += 1, weight *= 0x80) {
    const byte = bytes[walk.at++];
    if (byte === undefined || (shift === 9 && byte > 1)) return NaN;
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
  return NaN;
};

const left = (walk: Walk): number => walk.bytes.length - walk.at;

const ofSize =
  (size: number): Step =>
  (walk) => {
    walk.at += size;
    return left(walk) >= 0;
  };

const long: Step = (walk) => !Number.isNaN(readLong(walk));

const int: Step = (walk) => {
  const value = readLong(walk);
  return value === (value | 0);
};

const lengthPrefixed: Step = (walk) => {
  const length = readLong(walk);
  if (!(length >= 0 && length <= left(walk))) return false;
  walk.at += length;
  return true;
};

const boolean: Step = (walk) => (walk.bytes[walk.at++] ?? 2) < 2;

const sequence =
  (steps: readonly Step[]): Step =>
  (walk) => {
    for (const step of steps) if (!step(walk)) return false;
    return true;
  };

const choice =
  (branches: readonly Step[]): Step =>
  (walk) =>
    branches[readLong(walk)]?.(walk) ?? false;

const index =
  (count: number): Step =>
  (walk) => {
    const value = readLong(walk);
    return value >= 0 && value < count;
  };

/** Blocks of items: a count, which is negative where the block's size in bytes follows it; a count of 0 ends them. */
const blocks =
  (item: Step): Step =>
  (walk) => {
    for (;;) {
      const count = readLong(walk);
      if (count === 0) return true;
      const size = count < 0 ? readLong(walk) : undefined;
      const start = walk.at;
      const items = Math.abs(count);
      if (!(items <= walk.itemsLeft)) return false;
      walk.itemsLeft -= items;
      for (let done = 0; done < items; done += 1) if (!item(walk)) return false;
      if (size !== undefined && walk.at - start !== size) return false;
    }
  };

const primitives: ReadonlyMap<string, Step> = new Map([
  ['null', () => true],
  ['boolean', boolean],
  ['int', int],
  ['long', long],
  ['float', ofSize(4)],
  ['double', ofSize(8)],
  ['bytes', lengthPrefixed],
  ['string', lengthPrefixed],
]);

/** A schema in canonical form: every name is full, every attribute bears on the bytes. */
type Canonical =
  | string
  | readonly Canonical[]
  | {
      readonly type: 'record';
      readonly name: string;
      readonly fields: readonly { readonly type: Canonical }[];
    }
  | { readonly type: 'enum'; readonly name: string; readonly symbols: readonly string[] }
  | { readonly type: 'fixed'; readonly name: string; readonly size: number }
  | { readonly type: 'array'; readonly items: Canonical }
  | { readonly type: 'map'; readonly values: Canonical };

const isUnion = (schema: Canonical): schema is readonly Canonical[] => Array.isArray(schema);

const compileNamed = (name: string, step: Step, named: Map<string, Step>): Step => {
  named.set(name, step);
  return step;
};

const compile = (schema: Canonical, named: Map<string, Step>): Step => {
  if (typeof schema === 'string')
    return primitives.get(schema) ?? ((walk): boolean => named.get(schema)?.(walk) ?? false);
  if (isUnion(schema)) return choice(schema.map((branch) => compile(branch, named)));
  switch (schema.type) {
    case 'record': {
      const step = sequence(schema.fields.map((field) => compile(field.type, named)));
      return compileNamed(schema.name, step, named);
    }
    case 'enum':
      return compileNamed(schema.name, index(schema.symbols.length), named);
    case 'fixed':
      return compileNamed(schema.name, ofSize(schema.size), named);
    case 'array':
      return blocks(compile(schema.items, named));
    case 'map':
      return blocks(sequence([lengthPrefixed, compile(schema.values, named)]));
  }
};

/** Whether `bytes` from `start` to their end are exactly one value of a schema: nothing missing, nothing behind it. */
export type ExtentCheck = (bytes: Uint8Array, start: number) => boolean;

/** Compiles the check for a schema. It allocates nothing that grows with what the bytes claim; it may overflow the
 * stack where a schema is recursive and its value is deeply nested (RangeError). */
export const compileExtentCheck = (schema: AvroSchema): ExtentCheck => {
  const step = compile(JSON.parse(canonicalForm(schema)) as Canonical, new Map());
  return (bytes, start) => {
    const walk: Walk = { bytes, at: start, itemsLeft: bytes.length - start };
    return step(walk) && walk.at === bytes.length;
  };
};
