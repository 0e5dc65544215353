/** An answer of the query API. A body in pieces is sent as they come. */
export interface Answer {
  readonly status: 200 | 400 | 404;
  readonly contentType: string;
  readonly body: string | AsyncIterable<string>;
}

/** An entry of `errors`. */
export interface AnswerError {
  readonly code?: number;
  readonly msg: string;
  readonly traceID?: string;
}

const tail = (total: number, errors: readonly AnswerError[]): string =>
  `,"total":${total},"limit":0,"offset":0,"errors":${errors.length === 0 ? 'null' : JSON.stringify(errors)}}`;

/** A list that is complete at once; `data` is its JSON. */
export const listAnswer = (data: string, total: number): Answer => ({
  status: 200,
  contentType: 'application/json',
  body: `{"data":${data}${tail(total, [])}`,
});

/** A refusal in Jaeger's form: the structure of an answer, as plain text with a line's end. */
export const errorAnswer = (status: 400 | 404, msg: string): Answer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body: `{"data":null${tail(0, [{ code: status, msg }])}\n`,
});

/** Pieces shorter than this are sent together. */
const pieceLength = 65_536;

async function* joined(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const next of pieces) {
    piece += next;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

async function* traceList(
  traces: AsyncIterable<Iterable<string>>,
  errors: readonly AnswerError[],
): AsyncGenerator<string> {
  yield '{"data":[';
  let isFirst = true;
  for await (const trace of traces) {
    if (!isFirst) yield ',';
    isFirst = false;
    yield* trace;
  }
  // Read now, at the end: the traces may have found reasons while they came.
  yield `]${tail(0, errors)}`;
}

/** Traces, each in pieces. `errors` may grow until the last trace has come. */
export const tracesAnswer = (
  traces: AsyncIterable<Iterable<string>>,
  errors: readonly AnswerError[],
): Answer => ({
  status: 200,
  contentType: 'application/json',
  body: joined(traceList(traces, errors)),
});

/** JSON with a line for each entry and four spaces a level, as the pieces come. */
export async function* indented(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let depth = 0;
  let inText = false;
  let escaped = false;
  let opened = false;
  const line = (): string => `\n${'    '.repeat(depth)}`;
  const put = (character: string): string => {
    if (inText) {
      if (!escaped && character === '"') inText = false;
      escaped = !escaped && character === '\\';
      return character;
    }
    const isEnd = character === ']' || character === '}';
    if (isEnd) depth--;
    const before = opened !== isEnd ? line() : '';
    const lead = opened || isEnd ? before : '';
    opened = character === '[' || character === '{';
    if (opened) depth++;
    if (character === '"') inText = true;
    if (character === ',') return `${lead},${line()}`;
    return character === ':' ? ': ' : lead + character;
  };
  for await (const piece of pieces) {
    let out = '';
    for (const character of piece) out += put(character);
    yield out;
  }
}
