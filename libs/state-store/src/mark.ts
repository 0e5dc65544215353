import type { StatePosition } from './gathered.js';

/** Raised with every change of the keys and tables of a local store; an older one is made anew from the log. */
const currentFormat = '1';

/** Whose state it is, by names that the owner chooses; values as short texts. */
export type StoreIdentity = Readonly<Record<string, string>>;

/** What a local store says of itself. */
export interface StateMark extends StatePosition {
  /** The store's own format is among it. */
  readonly identity: StoreIdentity;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Mark = JSON {"identity":{…},"position":"decimal","asOf":milliseconds} */
export const encodeMark = ({ position, asOf }: StatePosition, identity: StoreIdentity): Buffer => {
  const all = { ...identity, format: currentFormat };
  return Buffer.from(JSON.stringify({ identity: all, position: String(position), asOf }));
};

/** The mark in its bytes; undefined where there is none that can be read. */
export const decodeMark = (bytes: Buffer | undefined): StateMark | undefined => {
  if (bytes === undefined) return undefined;
  try {
    const found: unknown = JSON.parse(bytes.toString());
    if (!isRecord(found) || !isRecord(found.identity)) return undefined;
    const { position, asOf } = found;
    if (typeof position !== 'string' || typeof asOf !== 'number') return undefined;
    const names = Object.entries(found.identity).map(([name, value]) => [name, String(value)] as const);
    return { identity: Object.fromEntries(names), position: BigInt(position), asOf };
  } catch {
    return undefined;
  }
};

/** In what a mark is of another store, such as `group a, not b`; undefined where it is of just this one. */
export const differenceOf = ({ identity }: StateMark, wanted: StoreIdentity): string | undefined => {
  for (const [name, value] of Object.entries({ ...wanted, format: currentFormat }))
    if (identity[name] !== value) return `${name} ${identity[name] ?? 'unknown'}, not ${value}`;
  return undefined;
};
