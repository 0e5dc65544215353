import type { AnswerFrame, JaegerSpan } from './jaeger.js';

/** Spans of the trace at this place in the answer. */
export interface ScannedSpans {
  readonly trace: number;
  readonly spans: readonly JaegerSpan[];
}

/** Takes an answer of the query API piece by piece. */
export interface SpanScanner {
  /** The spans that are complete with this piece. */
  feed(piece: Uint8Array): readonly ScannedSpans[];
  /**
   * Everything but the spans, once all pieces have come.
   *
   * @throws SyntaxError where the answer was cut off or is no JSON.
   */
  end(): AnswerFrame;
}

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
/** `{"data": [ {"spans": [ {`: a trace is at depth 3, a span at 5 in a list at 4. */
const traceDepth = 3;
const spanDepth = 5;

/** Where the scan is within the JSON. */
interface State {
  depth: number;
  inText: boolean;
  isEscaped: boolean;
  /** Whether the container at depth 4 is a list, and whether spans were in it. */
  inList: boolean;
  hasSpans: boolean;
  trace: number;
}

/** What is found in a piece, as places in it. */
interface Found {
  /** What belongs to no span, alternating: from, to, from, to. */
  readonly rest: number[];
  readonly runs: { readonly trace: number; readonly from: number; to: number }[];
  /** Where the span begins that is not complete; -1 where there is none. */
  open: number;
}

const openedList = (state: State): void => {
  state.depth++;
  if (state.depth !== spanDepth - 1) return;
  state.inList = true;
  state.hasSpans = false;
};

const openedObject = (state: State, found: Found, at: number): void => {
  state.depth++;
  if (state.depth === traceDepth) state.trace++;
  else if (state.depth === spanDepth - 1) state.inList = state.hasSpans = false;
  else if (state.depth === spanDepth && state.inList) {
    state.hasSpans = true;
    found.rest.push(at);
    found.open = at;
  }
};

const closed = (state: State, found: Found, at: number): void => {
  if (state.depth === spanDepth && found.open >= 0) {
    const run = found.runs.at(-1);
    if (run?.trace === state.trace) run.to = at + 1;
    else found.runs.push({ trace: state.trace, from: found.open, to: at + 1 });
    found.open = -1;
    found.rest.push(at + 1);
  }
  state.depth--;
};

/** Goes over the bytes from `from` on; those before it are the beginning of a span. */
const scan = (bytes: Uint8Array, from: number, state: State): Found => {
  const found: Found = { rest: from > 0 ? [] : [0], runs: [], open: from > 0 ? 0 : -1 };
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (state.inText) {
      if (state.isEscaped) state.isEscaped = false;
      else if (byte === backslash) state.isEscaped = true;
      else if (byte === quote) state.inText = false;
    } else if (byte === quote) state.inText = true;
    else if (byte === 0x5b) openedList(state);
    else if (byte === 0x7b) openedObject(state, found, at);
    // `]` and `}` differ by one bit.
    else if ((byte | 0x20) === 0x7d) closed(state, found, at);
    // With the spans go the commas between them.
    else if (byte === comma && state.hasSpans && state.depth === spanDepth - 1) found.rest.push(at, at + 1);
  }
  if (found.open < 0) found.rest.push(bytes.length);
  return found;
};

const joined = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  if (left.length === 0) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
};

/**
 * Takes spans out of Jaeger's JSON while it comes, in whatever pieces, so that the first can be shown before the last is
 * there. Holds no more text than one piece and one span.
 */
export const spanScanner = (): SpanScanner => {
  const state: State = {
    depth: 0,
    inText: false,
    isEscaped: false,
    inList: false,
    hasSpans: false,
    trace: -1,
  };
  const spanText = new TextDecoder();
  const frameText = new TextDecoder();
  const frame: string[] = [];
  let carried: Uint8Array = new Uint8Array();
  return {
    feed: (piece) => {
      const bytes = joined(carried, piece);
      const { rest, runs, open } = scan(bytes, carried.length, state);
      for (let index = 0; index + 1 < rest.length; index += 2)
        if (rest[index] !== rest[index + 1])
          frame.push(frameText.decode(bytes.subarray(rest[index], rest[index + 1]), { stream: true }));
      carried = open < 0 ? new Uint8Array() : bytes.slice(open);
      return runs.map(({ trace, from, to }) => ({
        trace,
        spans: JSON.parse(`[${spanText.decode(bytes.subarray(from, to))}]`) as JaegerSpan[],
      }));
    },
    end: () => JSON.parse(frame.join('')) as AnswerFrame,
  };
};
