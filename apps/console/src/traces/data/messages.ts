import type { ApiFailure } from '../../shared/api.js';
import type { TraceColumns } from './columns.js';
import type { JaegerProcess, JaegerSpan } from './jaeger.js';
import type { TraceSummary } from './summary.js';

/** What the page asks of the worker. */
export type Question =
  | { readonly type: 'trace'; readonly id: number; readonly address: string }
  | { readonly type: 'search'; readonly id: number; readonly addresses: readonly string[]; readonly limit: number }
  | { readonly type: 'span'; readonly id: number; readonly trace: number; readonly rows: readonly number[] }
  | { readonly type: 'match'; readonly id: number; readonly trace: number; readonly text: string }
  /** The first rows of a trace are painted: the rest may take the processor. */
  | { readonly type: 'painted'; readonly id: number }
  /** The answer is no longer wanted; a trace is forgotten. */
  | { readonly type: 'drop'; readonly id: number };

/** A span with who made it. */
export interface SpanDetail {
  readonly span: JaegerSpan;
  readonly process: JaegerProcess | undefined;
}

/** What the worker answers; `id` is that of the question. */
export type WorkerAnswer =
  | {
      readonly type: 'columns';
      readonly id: number;
      readonly columns: TraceColumns;
      /** Whether more spans are on their way. */
      readonly isComplete: boolean;
    }
  | { readonly type: 'arrived'; readonly id: number; readonly spans: number }
  | {
      readonly type: 'summaries';
      readonly id: number;
      readonly summaries: readonly TraceSummary[];
      /** What the backend had to say, as that it has more. */
      readonly notes: readonly string[];
    }
  | { readonly type: 'spans'; readonly id: number; readonly details: readonly (SpanDetail | undefined)[] }
  | { readonly type: 'matches'; readonly id: number; readonly rows: Int32Array }
  | { readonly type: 'failed'; readonly id: number; readonly failure: ApiFailure };
