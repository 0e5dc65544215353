import { useCallback, useEffect, useState } from 'react';
import type { ApiFailure } from '../../shared/api.js';
import type { WorkerAnswer } from '../data/messages.js';
import type { TraceSummary } from '../data/summary.js';
import { ask } from '../data/trace-client.js';
import { apiAddressOf, problemsOf } from './query.js';
import type { TraceQuery } from './query.js';

/** What was found. */
export interface FoundTraces {
  readonly summaries: readonly TraceSummary[] | undefined;
  readonly notes: readonly string[];
  readonly failure: ApiFailure | undefined;
  readonly isLoading: boolean;
  /** Looks again, up to now. */
  readonly reload: () => void;
}

interface Held {
  readonly key: string;
  readonly summaries: readonly TraceSummary[];
  readonly notes: readonly string[];
  readonly failure: ApiFailure | undefined;
}

/** More services than these are not all asked at once; the viewer may choose one. */
export const mostServices = 20;

/** What is given of the search: the services, since the query API answers for one at a time. */
const heldFrom = (key: string, answer: WorkerAnswer): Held | undefined => {
  if (answer.type === 'failed') return { key, summaries: [], notes: [], failure: answer.failure };
  if (answer.type !== 'summaries') return undefined;
  return { key, summaries: answer.summaries, notes: answer.notes, failure: undefined };
};

/** Searches for traces; `services` are those to ask where the query names none. Undefined: they are not known yet. */
export const useSearch = (query: TraceQuery, services: readonly string[] | undefined): FoundTraces => {
  const [attempt, setAttempt] = useState(0);
  const [held, setHeld] = useState<Held>();
  const wanted = query.service === '' ? services?.slice(0, mostServices) : [query.service];
  const isAskable = wanted !== undefined && wanted.length > 0 && Object.keys(problemsOf(query)).length === 0;
  const key = isAskable ? JSON.stringify([query, wanted, attempt]) : '';
  const reload = useCallback(() => setAttempt((before) => before + 1), []);
  useEffect(() => {
    if (key === '') return undefined;
    const [asked, names] = JSON.parse(key) as [TraceQuery, readonly string[]];
    const addresses = names.map((service) => apiAddressOf(asked, service, Date.now()));
    return ask({ type: 'search', addresses, limit: Number(asked.limit) }, (answer) =>
      setHeld((before) => heldFrom(key, answer) ?? before),
    ).drop;
  }, [key]);
  const isThere = held?.key === key;
  return {
    // What was found before stays in sight until the new is there.
    summaries: held?.failure === undefined && key !== '' ? held?.summaries : undefined,
    notes: isThere ? held.notes : [],
    failure: isThere ? held.failure : undefined,
    isLoading: key !== '' && !isThere,
    reload,
  };
};
