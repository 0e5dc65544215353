import { useCallback, useEffect, useState } from 'react';
import { fetchJson } from './api.js';
import type { ApiFailure, Fetched } from './api.js';

/** Something fetched: what is there, whether it is being fetched, why it is not there. */
export interface Resource<T> {
  /** The newest answer to the present question; stays while it is asked again. */
  readonly value: T | undefined;
  readonly failure: ApiFailure | undefined;
  readonly isLoading: boolean;
  /** Asks again. */
  readonly reload: () => void;
}

interface Held<T> {
  readonly address: string | undefined;
  readonly attempt: number;
  readonly answer: Fetched<T> | undefined;
}

/**
 * Fetches JSON, again for each new address; a question that is no longer asked is aborted. Without an address nothing
 * is fetched.
 */
export const useResource = <T>(address: string | undefined): Resource<T> => {
  const [attempt, setAttempt] = useState(0);
  const [held, setHeld] = useState<Held<T>>({ address: undefined, attempt: 0, answer: undefined });
  const reload = useCallback(() => setAttempt((before) => before + 1), []);
  useEffect(() => {
    if (address === undefined) return undefined;
    const abort = new AbortController();
    fetchJson<T>(address, { signal: abort.signal }).then(
      (answer) => setHeld({ address, attempt, answer }),
      () => undefined,
    );
    return () => abort.abort();
  }, [address, attempt]);
  const answer = held.address === address ? held.answer : undefined;
  const isLoading = address !== undefined && (held.address !== address || held.attempt !== attempt);
  return {
    value: answer?.type === 'answered' ? answer.value : undefined,
    failure: answer?.type === 'failed' && !isLoading ? answer.failure : undefined,
    isLoading,
    reload,
  };
};
