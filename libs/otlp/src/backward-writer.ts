/** Strings up to this length are written by a loop; above it the native encoder wins over its call. */
const shortText = 40;
const two32 = 2 ** 32;

/**
 * Writes protobuf from the end to the start, so that each length is known by the time it stands in front of its bytes:
 * one pass, nothing moved. Callers write the last field first. The buffer grows, and is used again.
 */
export class BackwardWriter {
  #bytes: Buffer;
  #view: DataView;
  #at: number;

  /** `initialSize` in bytes. */
  constructor(initialSize: number) {
    this.#bytes = Buffer.allocUnsafeSlow(initialSize);
    this.#view = new DataView(this.#bytes.buffer);
    this.#at = initialSize;
  }

  /** Bytes written so far; the difference of two marks is the length of what came between. */
  get written(): number {
    return this.#bytes.length - this.#at;
  }

  /** Copies `length` bytes, the last of which was written first: `end` is what `written` gave after them. */
  copyTo(
    target: Uint8Array,
    targetStart: number,
    span: { readonly end: number; readonly length: number },
  ): void {
    const from = this.#bytes.length - span.end;
    this.#bytes.copy(target, targetStart, from, from + span.length);
  }

  /** Forgets what was written; a buffer over `keep` bytes is let go. */
  reset(keep: number): void {
    if (this.#bytes.length > keep) {
      this.#bytes = Buffer.allocUnsafeSlow(keep);
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#at = this.#bytes.length;
  }

  /** A tag, or any varint below 128. */
  byte(value: number): void {
    if (this.#at < 1) this.#grow(1);
    this.#bytes[--this.#at] = value;
  }

  /** An unsigned varint below 2^32. */
  varint(value: number): void {
    if (this.#at < 5) this.#grow(5);
    const size = value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
    this.#at -= size;
    let rest = value;
    let at = this.#at;
    while (rest > 0x7f) {
      this.#bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[at] = rest;
  }

  /** An int64 varint of a safe integer; a negative one takes ten bytes, as protobuf wants. */
  int64(value: number): void {
    if (value >= 0 && value < two32) {
      this.varint(value);
      return;
    }
    if (this.#at < 10) this.#grow(10);
    let low = value >>> 0;
    let high = Math.floor(value / two32) >>> 0;
    const start = this.#at - varintSize64(high);
    let at = start;
    while (high !== 0 || low > 0x7f) {
      this.#bytes[at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#bytes[at] = low;
    this.#at = start;
  }

  fixed64(value: bigint): void {
    if (this.#at < 8) this.#grow(8);
    this.#at -= 8;
    this.#view.setBigUint64(this.#at, value, true);
  }

  double(value: number): void {
    if (this.#at < 8) this.#grow(8);
    this.#at -= 8;
    this.#view.setFloat64(this.#at, value, true);
  }

  /** The bytes that an even number of hex digits stands for, without a length. */
  hex(digits: string): void {
    const size = digits.length >> 1;
    if (this.#at < size) this.#grow(size);
    this.#at -= size;
    const bytes = this.#bytes;
    for (let i = 0, at = this.#at; i < digits.length; i += 2, at++) {
      bytes[at] = (nibble(digits.charCodeAt(i)) << 4) | nibble(digits.charCodeAt(i + 1));
    }
  }

  /** A string in UTF-8 with its length before it; a lone surrogate becomes U+FFFD. */
  text(value: string): void {
    const length = value.length;
    if (this.#at < length + 5) this.#grow(length + 5);
    if (length > shortText) {
      this.#nativeText(value);
      return;
    }
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = length - 1; i >= 0; i--) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) {
        this.#nativeText(value);
        return;
      }
      bytes[--at] = unit;
    }
    bytes[--at] = length;
    this.#at = at;
  }

  #nativeText(value: string): void {
    const size = Buffer.byteLength(value, 'utf8');
    if (this.#at < size) this.#grow(size);
    this.#at -= size;
    this.#bytes.write(value, this.#at, size, 'utf8');
    this.varint(size);
  }

  #grow(needed: number): void {
    const used = this.written;
    const size = Math.max(this.#bytes.length * 2, used + needed);
    const larger = Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(larger, size - used, this.#at);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
    this.#at = size - used;
  }
}

// '0'–'9' are 0x30–0x39; 'a'–'f' are 0x61–0x66, whose bit 6 adds the nine.
const nibble = (unit: number): number => (unit & 0xf) + (unit >> 6) * 9;

/** Size of a 64-bit varint whose high word is not zero. */
const varintSize64 = (high: number): number => {
  const bits = 64 - Math.clz32(high);
  return Math.floor((bits + 6) / 7);
};
