import { failureOf } from '../../shared/api.js';
import type { ApiFailure } from '../../shared/api.js';
import { buffersOf } from './columns.js';
import type { TraceFrame } from './jaeger.js';
import { spanTestOf } from './matching.js';
import type { Question, WorkerAnswer } from './messages.js';
import { spanScanner } from './span-scanner.js';
import type { ScannedSpans } from './span-scanner.js';
import { addToSummary, emptyDraft, mergedSummaries, summaryOf } from './summary.js';
import type { SummaryDraft, TraceSummary } from './summary.js';
import { buildColumns, collect } from './trace-builder.js';
import type { Collected } from './trace-builder.js';

/** A trace that the page looks at. */
interface HeldTrace extends Collected {
  readonly address: string;
  readonly abort: AbortController;
  /** The page has painted the first spans. */
  readonly painted: PromiseWithResolvers<undefined>;
  order: Int32Array;
  frame: TraceFrame | undefined;
}

/** So many spans are shown before the others have come. */
const firstSpans = 300;

/** So long the page may take to paint the first spans before the others are read anyway: a page in the background never does. */
const paintWaitMs = 500;

/** How often the page is told how many spans have come: each time it renders them. */
const arrivedEveryMs = 200;

const traces = new Map<number, HeldTrace>();
const searches = new Map<number, AbortController>();

const answer = (message: WorkerAnswer, transfer: Transferable[] = []): void =>
  self.postMessage(message, { transfer });

/** Why a fetch did not end well; its own words where it was no answer at all. */
class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

type TakeSpans = (found: readonly ScannedSpans[]) => Promise<undefined> | undefined;

const read = async (address: string, signal: AbortSignal, take: TakeSpans) => {
  const response = await fetch(address, { headers: { accept: 'application/json' }, signal });
  if (!response.ok) throw new AnswerError(failureOf(response.status, await response.text()));
  const scanner = spanScanner();
  const reader = response.body?.getReader();
  for (let piece = await reader?.read(); piece?.value !== undefined; piece = await reader?.read())
    await take(scanner.feed(piece.value));
  return scanner.end();
};

const failed = (id: number, error: unknown): void => {
  const message = error instanceof Error ? error.message : String(error);
  const away: ApiFailure = { type: 'away', message };
  answer({ type: 'failed', id, failure: error instanceof AnswerError ? error.failure : away });
};

const show = (id: number, trace: HeldTrace, isComplete: boolean): void => {
  const { columns, order } = buildColumns(trace, trace.frame);
  trace.order = order;
  answer({ type: 'columns', id, columns, isComplete }, buffersOf(columns));
};

/** Where the answer breaks off, what has come of it is shown. */
const readOrShow = async (id: number, trace: HeldTrace, take: TakeSpans) => {
  try {
    return await read(trace.address, trace.abort.signal, take);
  } catch (error) {
    if (trace.spans.length > 0 && !trace.abort.signal.aborted) show(id, trace, false);
    throw error;
  }
};

const openTrace = async (id: number, address: string): Promise<void> => {
  const abort = new AbortController();
  const painted = Promise.withResolvers<undefined>();
  const order = new Int32Array();
  const trace: HeldTrace = { address, spans: [], facts: [], abort, painted, order, frame: undefined };
  traces.set(id, trace);
  let shown = false;
  let told = 0;
  const { data } = await readOrShow(id, trace, (found) => {
    for (const { spans } of found) collect(trace, spans);
    if (performance.now() - told > arrivedEveryMs) {
      told = performance.now();
      answer({ type: 'arrived', id, spans: trace.spans.length });
    }
    if (shown || trace.spans.length < firstSpans) return undefined;
    shown = true;
    show(id, trace, false);
    // Where processors are few, the backend and this worker would take them from the page.
    setTimeout(() => painted.resolve(undefined), paintWaitMs);
    return painted.promise;
  });
  trace.frame = data?.[0];
  if (trace.spans.length === 0) throw new AnswerError({ type: 'missing', message: 'trace not found' });
  show(id, trace, true);
};

const summarize = async (
  address: string,
  signal: AbortSignal,
): Promise<{ readonly summaries: readonly TraceSummary[]; readonly notes: readonly string[] }> => {
  const drafts: SummaryDraft[] = [];
  const { data, errors } = await read(address, signal, (found) => {
    for (const { trace, spans } of found) {
      const draft = (drafts[trace] ??= emptyDraft());
      for (const span of spans) addToSummary(draft, span);
    }
    return undefined;
  });
  const summaries = (data ?? []).flatMap((frame, index) => {
    const draft = drafts[index];
    return draft === undefined ? [] : [summaryOf(draft, frame)];
  });
  return { summaries, notes: (errors ?? []).map(({ msg }) => msg) };
};

const search = async (id: number, addresses: readonly string[], limit: number): Promise<void> => {
  const abort = new AbortController();
  searches.set(id, abort);
  try {
    const answers = await Promise.all(addresses.map((address) => summarize(address, abort.signal)));
    const summaries = mergedSummaries(
      answers.map((each) => each.summaries),
      limit,
    );
    const notes = [...new Set(answers.flatMap((each) => each.notes))];
    answer({ type: 'summaries', id, summaries, notes });
  } finally {
    searches.delete(id);
  }
};

const match = (id: number, trace: HeldTrace | undefined, text: string): void => {
  const test = spanTestOf(text);
  const rows: number[] = [];
  if (test !== undefined && trace !== undefined)
    trace.order.forEach((span, row) => {
      if (test(trace.spans[span]!)) rows.push(row);
    });
  answer({ type: 'matches', id, rows: Int32Array.from(rows) });
};

const drop = (id: number): void => {
  traces.get(id)?.abort.abort();
  traces.delete(id);
  searches.get(id)?.abort();
};

const take = async (question: Question): Promise<void> => {
  switch (question.type) {
    case 'trace':
      return openTrace(question.id, question.address);
    case 'search':
      return search(question.id, question.addresses, question.limit);
    case 'match':
      match(question.id, traces.get(question.trace), question.text);
      return;
    case 'painted':
      traces.get(question.id)?.painted.resolve(undefined);
      return;
    case 'drop':
      drop(question.id);
      return;
    case 'span': {
      const trace = traces.get(question.trace);
      const details = question.rows.map((row) => {
        const span = trace?.spans[trace.order[row] ?? -1];
        return span && { span, process: trace.frame?.processes[span.processID] };
      });
      answer({ type: 'spans', id: question.id, details });
    }
  }
};

self.addEventListener('message', ({ data }: MessageEvent<Question>) => {
  take(data).catch((error: unknown) => failed(data.id, error));
});
