/** What one line of NDJSON, or one item of a JSON array, turned out to be. Lines and positions count from 1. */
export type LineReading =
  | { readonly line: number; readonly type: 'value'; readonly value: unknown }
  | { readonly line: number; readonly type: 'bad'; readonly reason: string };

/** How long a line may be. */
export interface LineOptions {
  /** The most bytes that a line may have before its line feed; a longer one is refused without being held. */
  readonly maxLineBytes: number;
}

/**
 * Long enough for every event that the log would take: JSON may spend six bytes on what the log keeps in one, and the
 * log keeps 512 KiB of an event.
 */
export const defaultMaxLineBytes = 4 * 1024 * 1024;

/** Reads lines from chunks that end anywhere. Holds at most one unfinished line. */
export interface LineReader {
  /** The lines that `chunk` completes, blank ones left out. The chunk is not kept. */
  push(chunk: Uint8Array): readonly LineReading[];
  /** The last line, where it has no line feed. Call it once, after the last chunk. */
  end(): readonly LineReading[];
}

/** Chunks are worked through in pieces of this size, so that neither decoded text nor a batch grows with the chunk. */
export const pieceBytes = 64 * 1024;

const lineFeed = 10;
const openingBrace = 123;
const byteOrderMark = '\uFEFF';
const blank = /^[ \t\r]*$/;

/** A line that has begun and not ended. */
interface Unfinished {
  readonly pieces: Uint8Array[];
  bytes: number;
  /** It was too long, has been refused, and is passed over up to its line feed. */
  refused: boolean;
}

const joined = ({ pieces, bytes }: Unfinished): Uint8Array => {
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};

const parseLine = (line: number, text: string): LineReading => {
  try {
    return { line, type: 'value', value: JSON.parse(text) as unknown };
  } catch {
    // The engine's own message quotes the line, which may hold what no log should.
    return { line, type: 'bad', reason: 'is not valid JSON' };
  }
};

/** Counts and parses whole lines, and adds what it finds to `readings`. */
interface LineParser {
  /** The number of the line that is next. */
  next(): number;
  skip(): void;
  /** One line without its line feed. */
  line(bytes: Uint8Array, readings: LineReading[]): void;
  /** Lines with their line feeds. */
  lines(bytes: Uint8Array, readings: LineReading[]): void;
}

const openLineParser = (): LineParser => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 0;

  const decode = (bytes: Uint8Array): string | undefined => {
    try {
      return decoder.decode(bytes);
    } catch {
      return undefined;
    }
  };

  const parse = (text: string, readings: LineReading[]): void => {
    line += 1;
    const own = line === 1 && text.startsWith(byteOrderMark) ? text.slice(1) : text;
    if (own.charCodeAt(0) === openingBrace || !blank.test(own)) readings.push(parseLine(line, own));
  };

  const parseBytes = (bytes: Uint8Array, readings: LineReading[]): void => {
    const text = decode(bytes);
    if (text !== undefined) {
      parse(text, readings);
      return;
    }
    line += 1;
    readings.push({ line, type: 'bad', reason: 'is not valid UTF-8' });
  };

  return {
    next: () => line + 1,
    skip() {
      line += 1;
    },
    line: parseBytes,
    lines(bytes, readings) {
      // Decoding all lines at once is much faster; one by one only to find which of them is broken.
      const text = decode(bytes);
      if (text === undefined) {
        for (let from = 0, to; from < bytes.length; from = to + 1) {
          to = bytes.indexOf(lineFeed, from);
          parseBytes(bytes.subarray(from, to), readings);
        }
        return;
      }
      for (let from = 0, to; from < text.length; from = to + 1) {
        to = text.indexOf('\n', from);
        parse(text.slice(from, to), readings);
      }
    },
  };
};

/**
 * A reader that turns bytes into parsed lines: blank lines are counted and skipped, CRLF and a byte order mark at the
 * start are tolerated; invalid UTF-8, invalid JSON and over-long lines are bad lines, and reading goes on after them.
 * The readings do not depend on where the chunks end.
 */
export const openLineReader = ({ maxLineBytes }: LineOptions): LineReader => {
  const parser = openLineParser();
  const piece = Math.max(1, Math.min(pieceBytes, maxLineBytes));
  let unfinished: Unfinished = { pieces: [], bytes: 0, refused: false };

  const append = (bytes: Uint8Array, readings: LineReading[]): void => {
    if (unfinished.refused || bytes.length === 0) return;
    if (unfinished.bytes + bytes.length > maxLineBytes) {
      readings.push({ line: parser.next(), type: 'bad', reason: `is longer than ${maxLineBytes} bytes` });
      unfinished = { pieces: [], bytes: 0, refused: true };
      return;
    }
    unfinished.pieces.push(bytes.slice());
    unfinished.bytes += bytes.length;
  };

  const finish = (readings: LineReading[]): void => {
    if (unfinished.refused) parser.skip();
    else parser.line(joined(unfinished), readings);
    unfinished = { pieces: [], bytes: 0, refused: false };
  };

  const take = (bytes: Uint8Array, readings: LineReading[]): void => {
    let from = 0;
    if (unfinished.refused || unfinished.bytes > 0) {
      const end = bytes.indexOf(lineFeed);
      append(end < 0 ? bytes : bytes.subarray(0, end), readings);
      if (end < 0) return;
      finish(readings);
      from = end + 1;
    }
    const last = bytes.lastIndexOf(lineFeed);
    if (last >= from) {
      parser.lines(bytes.subarray(from, last + 1), readings);
      from = last + 1;
    }
    append(bytes.subarray(from), readings);
  };

  return {
    push(chunk) {
      const readings: LineReading[] = [];
      for (let from = 0; from < chunk.length; from += piece)
        take(chunk.subarray(from, from + piece), readings);
      return readings;
    },
    end() {
      const readings: LineReading[] = [];
      if (unfinished.refused || unfinished.bytes > 0) finish(readings);
      return readings;
    },
  };
};
