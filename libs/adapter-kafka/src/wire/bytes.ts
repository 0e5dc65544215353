/** Writes Kafka's primitive types into a buffer of exactly the size that was reckoned before. */
export class ByteWriter {
  readonly buffer: Buffer;
  #at = 0;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  int8(value: number): this {
    this.#at = this.buffer.writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#at = this.buffer.writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#at = this.buffer.writeInt32BE(value, this.#at);
    return this;
  }

  int64(value: bigint): this {
    this.#at = this.buffer.writeBigInt64BE(value, this.#at);
    return this;
  }

  /** Zigzag varint of a 32-bit number. */
  varint(value: number): this {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 0x7f) {
      this.buffer[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.#at++] = rest;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.buffer.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** Length as a varint, −1 for null, then the bytes. */
  varBytes(bytes: Uint8Array | null): this {
    return bytes === null ? this.varint(-1) : this.varint(bytes.length).raw(bytes);
  }

  /** Length as an int16, −1 for null, then UTF-8. */
  string(text: string | null): this {
    if (text === null) return this.int16(-1);
    const bytes = Buffer.from(text);
    return this.int16(bytes.length).raw(bytes);
  }

  /** Goes back to write a length or checksum that is known only now. */
  patch(at: number, value: number): this {
    this.buffer.writeUInt32BE(value >>> 0, at);
    return this;
  }

  /** What has been written. */
  written(): Buffer {
    return this.buffer.subarray(0, this.#at);
  }
}

/** Bytes that `varint` takes. */
export const varintSize = (value: number): number => {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
};

/** Bytes that `varBytes` takes. */
export const varBytesSize = (bytes: Uint8Array | null): number =>
  bytes === null ? 1 : varintSize(bytes.length) + bytes.length;

/** Reads Kafka's primitive types in order. Throws a RangeError past the end. */
export class ByteReader {
  #at = 0;

  constructor(readonly buffer: Buffer) {}

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.buffer.length - this.#at;
  }

  int8(): number {
    return this.buffer.readInt8(this.#at++);
  }

  int16(): number {
    return this.buffer.readInt16BE((this.#at += 2) - 2);
  }

  int32(): number {
    return this.buffer.readInt32BE((this.#at += 4) - 4);
  }

  int64(): bigint {
    return this.buffer.readBigInt64BE((this.#at += 8) - 8);
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
      if (shift > 28) throw new RangeError('a varint of more than five bytes');
    }
  }

  /** Zigzag varint of a 64-bit number. Small ones, nearly all, do without bigint arithmetic. */
  varlong(): bigint {
    const first = this.#byte();
    if (first < 0x80) return BigInt((first >>> 1) ^ -(first & 1));
    let value = BigInt(first & 0x7f);
    for (let shift = 7n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (value >> 1n) ^ -(value & 1n);
      if (shift > 63n) throw new RangeError('a varlong of more than ten bytes');
    }
  }

  /** A view, not a copy: it keeps the whole buffer alive. */
  bytes(length: number): Buffer {
    if (length > this.remaining) throw new RangeError(`${length} bytes announced, ${this.remaining} left`);
    return this.buffer.subarray(this.#at, (this.#at += length));
  }

  varBytes(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.bytes(length);
  }

  string(): string {
    return this.bytes(Math.max(0, this.int16())).toString('utf8');
  }

  #byte(): number {
    const byte = this.buffer[this.#at++];
    if (byte === undefined) throw new RangeError('a number runs past the end');
    return byte;
  }
}
