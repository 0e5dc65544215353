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

/** Entries are small and many: one allocation serves a few hundred of them. */
const slabBytes = 64 * 1024;

/** The value of each hex digit, by its character code. */
const nibbles = new Uint8Array(128);
for (let digit = 0; digit < 16; digit++) nibbles[digit.toString(16).charCodeAt(0)] = digit;

/**
 * Writes values one after the other into slabs of memory.
 *
 * varint: unsigned, 7 bits a byte, the lowest first, the top bit set on all but the last
 * string: varint(2 × length in bytes + wide), bytes; UTF-8, or UTF-16 (wide) where half of a surrogate pair stands alone
 */
export class StateWriter {
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  /** Where the value being written begins: what lies before it was taken already. */
  #begin = 0;
  #end = 0;

  #room(size: number): number {
    if (this.#end + size > this.#slab.length) this.#moveOn(size);
    const at = this.#end;
    this.#end = at + size;
    return at;
  }

  /** Begins another slab, with what is written of the value so far. */
  #moveOn(size: number): void {
    const written = this.#end - this.#begin;
    const next = Buffer.allocUnsafeSlow(Math.max(slabBytes, 2 * (written + size)));
    this.#slab.copy(next, 0, this.#begin, this.#end);
    this.#slab = next;
    this.#begin = 0;
    this.#end = written;
  }

  byte(value: number): void {
    const at = this.#room(1);
    this.#slab[at] = value;
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

  /** A whole number from 0 to 2^48 − 1 in six bytes, big-endian. */
  uint48(value: number): void {
    const at = this.#room(6);
    this.#slab.writeUIntBE(value, at, 6);
  }

  double(value: number): void {
    const at = this.#room(8);
    this.#slab.writeDoubleLE(value, at);
  }

  /** 16 hex digits as 8 bytes. */
  hash(value: string): void {
    const at = this.#room(8);
    // Cheaper than a call into Node for so few bytes.
    for (let byte = 0; byte < 8; byte++) {
      const high = nibbles[value.charCodeAt(2 * byte)] ?? 0;
      const low = nibbles[value.charCodeAt(2 * byte + 1)] ?? 0;
      this.#slab[at + byte] = (high << 4) | low;
    }
  }

  string(value: string): void {
    const encoding = value.isWellFormed() ? 'utf8' : 'utf16le';
    const length = Buffer.byteLength(value, encoding);
    this.uint(2 * length + (encoding === 'utf8' ? 0 : 1));
    const at = this.#room(length);
    this.#slab.write(value, at, length, encoding);
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

  /** What was written: a view of a slab that is not written there again. The writer begins anew behind it. */
  take(): Uint8Array {
    const taken = this.#slab.subarray(this.#begin, this.#end);
    this.#begin = this.#end;
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

  uint48(): number {
    return this.#buffer.readUIntBE(this.#advance(6), 6);
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
