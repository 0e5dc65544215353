import { useCallback, useEffect, useState } from 'react';
import type { ApiFailure } from '../../shared/api.js';
import type { TraceColumns } from './columns.js';
import type { SpanDetail, WorkerAnswer } from './messages.js';
import { askOnce, askTrace, tellPainted, traceAddress } from './trace-client.js';

/** A trace that comes, or has come. */
export interface LoadedTrace {
  /** Names it in questions to the worker. */
  readonly source: number;
  readonly columns: TraceColumns | undefined;
  readonly isComplete: boolean;
  /** Spans that have arrived. */
  readonly arrived: number;
  readonly failure: ApiFailure | undefined;
}

const nothing: LoadedTrace = {
  source: 0,
  columns: undefined,
  isComplete: false,
  arrived: 0,
  failure: undefined,
};

const after = (before: LoadedTrace, answer: WorkerAnswer): LoadedTrace => {
  switch (answer.type) {
    case 'columns':
      return { ...before, columns: answer.columns, isComplete: answer.isComplete };
    case 'arrived':
      return { ...before, arrived: answer.spans };
    case 'failed':
      return { ...before, failure: answer.failure };
    case 'summaries':
    case 'spans':
    case 'matches':
      return before;
  }
};

/** Tells the worker once the first rows are on the screen. */
const usePainted = (source: number, hasRows: boolean): void => {
  useEffect(() => {
    if (!hasRows) return undefined;
    // What was rendered is painted before the next task after a frame.
    const frame = requestAnimationFrame(() => setTimeout(() => tellPainted(source)));
    return () => cancelAnimationFrame(frame);
  }, [source, hasRows]);
};

/** Fetches a trace: its first spans are there before the last have come. An empty id fetches nothing. */
export const useTrace = (traceId: string): LoadedTrace & { readonly reload: () => void } => {
  const [attempt, setAttempt] = useState(0);
  const [held, setHeld] = useState({ key: '', trace: nothing });
  const reload = useCallback(() => setAttempt((before) => before + 1), []);
  const key = `${traceId} ${attempt}`;
  useEffect(() => {
    if (traceId === '') return undefined;
    const asking = askTrace(traceAddress(traceId), (answer) =>
      setHeld((before) => ({
        key,
        trace: after(before.key === key ? before.trace : { ...nothing, source: asking.id }, answer),
      })),
    );
    return asking.drop;
  }, [traceId, key]);
  const trace = held.key === key ? held.trace : nothing;
  usePainted(trace.source, trace.columns !== undefined);
  return { ...trace, reload };
};

/** The spans of rows, with their tags and events, as soon as they come. */
export const useSpanDetails = (source: number, rows: readonly number[]): readonly SpanDetail[] => {
  const key = `${source}:${rows.join()}`;
  const [held, setHeld] = useState<{ readonly key: string; readonly details: readonly SpanDetail[] }>({
    key: '',
    details: [],
  });
  useEffect(() => {
    const wanted = key.slice(key.indexOf(':') + 1);
    if (wanted === '') return undefined;
    return askOnce({ type: 'span', trace: source, rows: wanted.split(',').map(Number) }, (answer) => {
      if (answer.type === 'spans') setHeld({ key, details: answer.details.filter((each) => each !== undefined) });
    });
  }, [source, key]);
  return held.key === key ? held.details : [];
};

/** The rows whose spans match a text; undefined while they are looked for, and where nothing is looked for. */
export const useMatches = (source: number, text: string): Int32Array | undefined => {
  const key = `${source}:${text}`;
  const [held, setHeld] = useState<{ readonly key: string; readonly rows: Int32Array }>();
  useEffect(() => {
    if (text.trim() === '') return undefined;
    let cancel: (() => void) | undefined;
    // Not for each letter of a word.
    const timer = setTimeout(() => {
      cancel = askOnce({ type: 'match', trace: source, text }, (answer) => {
        if (answer.type === 'matches') setHeld({ key, rows: answer.rows });
      });
    }, 120);
    return () => {
      clearTimeout(timer);
      cancel?.();
    };
  }, [source, text, key]);
  return held?.key === key ? held.rows : undefined;
};
