import { createHash } from 'node:crypto';
import type { ByteMap, TraceDatabase } from './database.js';
import { millisValue, readMillis } from './keys.js';

const table = { counter: 0, service: 1, operation: 2 } as const;

/** How often, at most, a name's last sighting is written down again. */
const sightingMs = 3_600_000;

/** Names kept in memory; beyond it they are looked up anew. */
const maxCached = 100_000;

/** An operation as `/api/operations` lists it; `kind` is the number of an OTLP span kind. */
export interface Operation {
  readonly name: string;
  readonly kind: number;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, 16);

const counterKey = Buffer.from([table.counter]);
const serviceKey = (name: string): Buffer => Buffer.concat([Buffer.from([table.service]), digest(name)]);
const operationPrefix = (service: number): Buffer => {
  const key = Buffer.allocUnsafe(5);
  key[0] = table.operation;
  key.writeUInt32BE(service, 1);
  return key;
};
const operationKey = (service: number, { name, kind }: Operation): Buffer =>
  Buffer.concat([operationPrefix(service), digest(`${kind} ${name}`)]);

const number = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
};

interface Known {
  readonly number: number;
  seen: number;
}

/** The numbers of services and operations. Writing happens inside the caller's transaction. */
export class Names {
  readonly #names: ByteMap;
  readonly #cache = new Map<string, Known>();

  constructor({ names }: Pick<TraceDatabase, 'names'>) {
    this.#names = names;
  }

  /** The number of a service, given now if it is new. */
  numberOfService(name: string, now: number): number {
    const head = Buffer.alloc(0);
    return this.#numberOf(`s${name}`, { now, name, key: () => serviceKey(name), head });
  }

  /** The number of a service's operation, given now if it is new. */
  numberOfOperation(service: number, operation: Operation, now: number): number {
    const { name, kind } = operation;
    const key = (): Buffer => operationKey(service, operation);
    return this.#numberOf(`o${service} ${kind} ${name}`, { now, name, key, head: Buffer.from([kind]) });
  }

  /** Call it before each commit: keeps the cache within its bound. */
  trim(): void {
    if (this.#cache.size >= maxCached) this.#cache.clear();
  }

  /** Drops what was cached, after a commit that failed: what it wrote is not there. */
  forget(): void {
    this.#cache.clear();
  }

  findService(name: string): number | undefined {
    return this.#names.get(serviceKey(name))?.readUInt32BE(0);
  }

  /** The numbers that `name` has in a service, one for each span kind. */
  findOperations(service: number, name: string): ReadonlySet<number> {
    const found = new Set<number>();
    for (let kind = 0; kind <= 5; kind++) {
      const value = this.#names.get(operationKey(service, { name, kind }));
      if (value !== undefined) found.add(value.readUInt32BE(0));
    }
    return found;
  }

  /** Every service, sorted. */
  services(): readonly string[] {
    const range = { start: Buffer.from([table.service]), end: Buffer.from([table.service + 1]) };
    return [...this.#names.getRange(range)].map(({ value }) => value.toString('utf8', 10)).sort();
  }

  /** Every operation of a service, sorted by name and kind. */
  operations(service: number): readonly Operation[] {
    const range = { start: operationPrefix(service), end: operationPrefix(service + 1) };
    return [...this.#names.getRange(range)]
      .map(({ value }) => ({ kind: value[4]!, name: value.toString('utf8', 11) }))
      .sort((left, right) =>
        left.name < right.name ? -1 : left.name > right.name ? 1 : left.kind - right.kind,
      );
  }

  /** Removes names not seen since `before` (ms), at most `limit` of them; returns how many went. */
  removeUnseen(before: number, limit: number): number {
    const gone: Buffer[] = [];
    const range = { start: Buffer.from([table.service]), end: Buffer.from([table.operation + 1]) };
    for (const { key, value } of this.#names.getRange(range)) {
      if (gone.length >= limit) break;
      const at = key[0] === table.service ? 4 : 5;
      // A name is written down again only so often: give it that much longer.
      if (readMillis(value, at) + sightingMs < before) gone.push(key);
    }
    for (const key of gone) void this.#names.remove(key);
    if (gone.length > 0) this.#cache.clear();
    return gone.length;
  }

  #numberOf(
    cacheKey: string,
    entry: { readonly now: number; readonly name: string; readonly key: () => Buffer; readonly head: Buffer },
  ): number {
    const cached = this.#cache.get(cacheKey);
    if (cached !== undefined && entry.now - cached.seen < sightingMs) return cached.number;
    const key = entry.key();
    const known = cached?.number ?? this.#names.get(key)?.readUInt32BE(0) ?? this.#take();
    const name = Buffer.from(entry.name);
    void this.#names.put(key, Buffer.concat([number(known), entry.head, millisValue(entry.now), name]));
    this.#cache.set(cacheKey, { number: known, seen: entry.now });
    return known;
  }

  #take(): number {
    // Read in the transaction: the numbers stay unique even where another process writes the store too.
    const taken = this.#names.get(counterKey)?.readUInt32BE(0) ?? 1;
    void this.#names.put(counterKey, number(taken + 1));
    return taken;
  }
}
