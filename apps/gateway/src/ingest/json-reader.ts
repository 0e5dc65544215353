import type { ItemReader, ItemReading } from './item-reader.js';

/*
 * document = ws ( "[" ( ws | item *( "," item ) ) "]" | item ) ws
 *
 * An item runs to the next comma or bracket outside of strings and nesting; JSON.parse judges it. So an array of any
 * length is read with the memory of one item, and what JSON.parse would refuse as a whole is refused here too.
 */
const quote = 34;
const comma = 44;
const backslash = 92;
const openBracket = 91;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

const isBlank = (byte: number): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9;
const byteOrderMark = [0xef, 0xbb, 0xbf];

type Place = 'before' | 'array' | 'single' | 'after' | 'broken';

/** Reads a JSON document: the items of an array with their positions from 1, or anything else as item 1. */
class JsonReader implements ItemReader {
  readonly #maxItemBytes: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #place: Place = 'before';
  #position = 0;
  #marks = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The item that has begun: its bytes, or only their number where there are too many. */
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #hasContent = false;

  constructor(maxItemBytes: number) {
    this.#maxItemBytes = maxItemBytes;
  }

  push(chunk: Uint8Array): readonly ItemReading[] {
    const readings: ItemReading[] = [];
    let at = this.#begin(chunk);
    if (this.#place === 'array') at = this.#items(chunk, { from: at, readings });
    if (this.#place === 'single') this.#keep(chunk.subarray(at));
    if (this.#place === 'after') this.#rest(chunk.subarray(at), readings);
    return readings;
  }

  end(): readonly ItemReading[] {
    const readings: ItemReading[] = [];
    if (this.#place === 'single') this.#finish(readings);
    if (this.#place === 'array') this.#break('the JSON array ends too early', readings);
    return readings;
  }

  /** Passes over what stands before the document; gives the index of its first byte. */
  #begin(chunk: Uint8Array): number {
    if (this.#place !== 'before') return 0;
    for (const [index, byte] of chunk.entries()) {
      if (isBlank(byte)) continue;
      if (this.#marks < 3 && byte === byteOrderMark[this.#marks]) {
        this.#marks += 1;
        continue;
      }
      this.#place = byte === openBracket ? 'array' : 'single';
      return byte === openBracket ? index + 1 : index;
    }
    return chunk.length;
  }

  /** Works through items up to the chunk's end or the array's; gives the index after the array. */
  #items(chunk: Uint8Array, { from, readings }: { from: number; readings: ItemReading[] }): number {
    let start = from;
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (!this.#isBorder(byte)) continue;
      this.#keep(chunk.subarray(start, at));
      start = at + 1;
      if (byte === closeBracket && this.#position === 0 && !this.#hasContent) this.#place = 'after';
      else this.#finish(readings);
      if (this.#broken()) return chunk.length;
      if (byte === closeBracket) {
        this.#place = 'after';
        return start;
      }
    }
    this.#keep(chunk.subarray(start));
    return chunk.length;
  }

  /** Follows strings and nesting; true at a comma or bracket that ends an item. */
  #isBorder(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === backslash) this.#escaped = true;
      else if (byte === quote) this.#inString = false;
      return false;
    }
    if (byte <= 32) return false;
    this.#hasContent ||= byte !== comma && byte !== closeBracket;
    if (byte === quote) this.#inString = true;
    else if (byte === openBrace || byte === openBracket) this.#depth += 1;
    else if (byte === comma) return this.#depth === 0;
    else if (byte === closeBracket || byte === closeBrace) {
      if (this.#depth === 0) return byte === closeBracket;
      this.#depth -= 1;
    }
    return false;
  }

  #keep(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#maxItemBytes) this.#pieces = [];
    else if (bytes.length > 0) this.#pieces.push(bytes.slice());
  }

  #finish(readings: ItemReading[]): void {
    this.#position += 1;
    const bytes = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    const tooLong = this.#bytes > this.#maxItemBytes;
    this.#pieces = [];
    this.#bytes = 0;
    this.#hasContent = false;
    if (tooLong) {
      const reason = `is longer than ${this.#maxItemBytes} bytes`;
      readings.push({ line: this.#position, type: 'bad', reason });
      return;
    }
    this.#parse(bytes, readings);
  }

  #parse(bytes: Uint8Array | undefined, readings: ItemReading[]): void {
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch {
      readings.push({ line: this.#position, type: 'bad', reason: 'is not valid UTF-8' });
      return;
    }
    try {
      readings.push({ line: this.#position, type: 'value', value: JSON.parse(text) as unknown });
    } catch {
      this.#position -= 1;
      this.#break('is not valid JSON', readings);
    }
  }

  #rest(bytes: Uint8Array, readings: ItemReading[]): void {
    if (!bytes.every(isBlank)) this.#break('something follows the JSON array', readings);
  }

  #break(reason: string, readings: ItemReading[]): void {
    this.#place = 'broken';
    readings.push({ line: this.#position + 1, type: 'broken', reason });
  }

  #broken(): boolean {
    return this.#place === 'broken';
  }
}

/** A reader of one JSON document, array or not. Items over `maxItemBytes` are bad items; reading goes on after them. */
export const openJsonReader = (maxItemBytes: number): ItemReader => new JsonReader(maxItemBytes);
