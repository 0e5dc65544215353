/** Bytes that this release cannot read: restore with the release that wrote them, or replay the event log. */
export interface Unreadable {
  readonly type: 'unreadable';
  /** What is wrong, and the remedy. */
  readonly reason: string;
}

/** Bytes that end too early, or say what no writer writes. */
export class BrokenBytesError extends Error {
  override readonly name = 'BrokenBytesError';
}

/**
 * Writes values one after the other into one growing buffer.
 *
 * varint: unsigned, 7 bits a byte, the lowest first, the top bit set on all but the last
 * string: varint(2 × length in bytes + wide), bytes; UTF-8, or UTF-16 (wide) where half of a surrogate pair stands alone
 */
export class StateWriter {
  #buffer = Buffer.allocUnsafe(4096);
  #length = 0;

  #room(size: number): number {
    const at = this.#length;
    if (at + size > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, at + size));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    this.#length = at + size;
    return at;
  }

  byte(value: number): void {
    const at = this.#room(1);
    this.#buffer[at] = value;
  }

  boolean(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  /** A whole number from 0 to 2^53 − 1. */
  uint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** A whole number from 0 up. */
  bigUint(value: bigint): void {
    let rest = value;
    while (rest > 0x1fffffffffffffn) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.uint(Number(rest));
  }

  double(value: number): void {
    const at = this.#room(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  /** 16 hex digits as 8 bytes. */
  hash(value: string): void {
    const at = this.#room(8);
    this.#buffer.write(value, at, 8, 'hex');
  }

  string(value: string): void {
    const encoding = value.isWellFormed() ? 'utf8' : 'utf16le';
    const length = Buffer.byteLength(value, encoding);
    this.uint(2 * length + (encoding === 'utf8' ? 0 : 1));
    const at = this.#room(length);
    this.#buffer.write(value, at, length, encoding);
  }

  /** Presence, then the value. */
  optional<Value>(value: Value | undefined, write: (value: Value) => void): void {
    this.boolean(value !== undefined);
    if (value !== undefined) write(value);
  }

  /** Count, then the items. */
  list<Item>(items: { readonly length: number } & Iterable<Item>, write: (item: Item) => void): void {
    this.uint(items.length);
    for (const item of items) write(item);
  }

  /** A copy of what was written. The writer begins anew. */
  take(): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.#buffer, 0, this.#length);
    this.#length = 0;
    return taken;
  }
}

/** Reads what {@link StateWriter} wrote. Every method throws BrokenBytesError where the bytes do not hold the value. */
export class StateReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #advance(size: number): number {
    const at = this.#at;
    if (at + size > this.#buffer.length) throw new BrokenBytesError(`ends at byte ${this.#buffer.length}`);
    this.#at = at + size;
    return at;
  }

  byte(): number {
    const at = this.#advance(1);
    return this.#buffer[at] ?? 0;
  }

  boolean(): boolean {
    const value = this.byte();
    if (value > 1) throw new BrokenBytesError(`no boolean at byte ${this.#at - 1}`);
    return value === 1;
  }

  uint(): number {
    const value = this.bigUint();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new BrokenBytesError(`too large at byte ${this.#at}`);
    return Number(value);
  }

  bigUint(): bigint {
    let value = 0;
    for (let scale = 1; scale < 0x40_0000_0000_00; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return BigInt(value);
    }
    return this.#bigUintFrom(BigInt(value));
  }

  #bigUintFrom(low: bigint): bigint {
    let value = low;
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new BrokenBytesError(`number without an end at byte ${this.#at}`);
  }

  double(): number {
    return this.#buffer.readDoubleLE(this.#advance(8));
  }

  hash(): string {
    const at = this.#advance(8);
    return this.#buffer.toString('hex', at, at + 8);
  }

  string(): string {
    const lengthAndForm = this.uint();
    const length = Math.floor(lengthAndForm / 2);
    const at = this.#advance(length);
    return this.#buffer.toString(lengthAndForm % 2 === 0 ? 'utf8' : 'utf16le', at, at + length);
  }

  optional<Value>(read: () => Value): Value | undefined {
    return this.boolean() ? read() : undefined;
  }

  list<Item>(read: () => Item): Item[] {
    const length = this.uint();
    if (length > this.#buffer.length) throw new BrokenBytesError(`a list of ${length} at byte ${this.#at}`);
    return Array.from({ length }, read);
  }

  /** Refuses what stands after the last value. */
  end(): void {
    if (this.#at !== this.#buffer.length) throw new BrokenBytesError(`goes on after byte ${this.#at}`);
  }
}
