import { useEffect, useState } from 'react';
import { failureOf } from '../../shared/api.js';
import type { ApiFailure } from '../../shared/api.js';
import { readEvents } from './read-events.js';

/** Something that comes by itself: what came last, and whether it still does. */
export interface Live<T> {
  /** What came last; stays while the line is down. */
  readonly value: T | undefined;
  /** `live`: it comes; `connecting`: not yet; `stale`: it came, and does no longer; `ended`: the server has said all. */
  readonly state: 'connecting' | 'live' | 'stale' | 'ended';
  /** When the last came, by this machine's clock, in milliseconds. */
  readonly heardAt: number | undefined;
  /** Why nothing comes. */
  readonly failure: ApiFailure | undefined;
}

const firstPauseMs = 1_000;
const longestPauseMs = 15_000;
/** The server beats every 15 s; a line on which nothing is heard for so long is dead. */
const silenceMs = 40_000;

interface Watch<T> {
  readonly address: string;
  readonly update: (change: (before: Live<T>) => Live<T>) => void;
  /** Whether no more can come after a value. */
  readonly isLast: (value: T) => boolean;
  readonly signal: AbortSignal;
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });

const lost = <T>(before: Live<T>, failure: ApiFailure): Live<T> => ({
  ...before,
  state: before.value === undefined ? 'connecting' : 'stale',
  failure,
});

const away = (error: unknown): ApiFailure => ({
  type: 'away',
  message: error instanceof Error ? error.message : String(error),
});

/** One connection, to its end. Gives whether there is any use in another. */
const listenOnce = async <T>({ address, update, isLast, signal }: Watch<T>): Promise<boolean> => {
  const response = await fetch(address, { headers: { accept: 'text/event-stream' }, signal });
  if (!response.ok || response.body === null) {
    const failure = failureOf(response.status, await response.text());
    update((before) => lost(before, failure));
    return failure.type === 'away';
  }
  const said = { all: false };
  await readEvents(response.body, silenceMs, ({ name, text }) => {
    if (name === 'snapshot') {
      const value = JSON.parse(text) as T;
      said.all = isLast(value);
      const { all } = said;
      update(() => ({ value, state: all ? 'ended' : 'live', heardAt: Date.now(), failure: undefined }));
    } else if (name === 'problem') {
      const { message } = JSON.parse(text) as { readonly message: string };
      update((before) => lost(before, { type: 'away', message }));
    }
  });
  if (!said.all) update((before) => lost(before, { type: 'away', message: 'the connection has ended' }));
  return !said.all;
};

const watch = async <T>(options: Watch<T>): Promise<void> => {
  const { update, signal } = options;
  const isOver = (): boolean => signal.aborted;
  for (let wait = firstPauseMs; !isOver(); wait = Math.min(wait * 1.6, longestPauseMs)) {
    const began = Date.now();
    try {
      if (!(await listenOnce(options))) return;
    } catch (error) {
      if (isOver()) return;
      update((before) => lost(before, away(error)));
    }
    // A line that held for long is tried again soon.
    if (Date.now() - began > longestPauseMs) wait = firstPauseMs;
    await pause(wait, signal);
  }
};

const nothing = { value: undefined, state: 'connecting', heardAt: undefined, failure: undefined } as const;
const never = (): boolean => false;

interface Held<T> {
  readonly address: string | undefined;
  readonly live: Live<T>;
}

/**
 * Listens to server-sent events of this origin, and connects again when the line breaks. Without an address nothing is
 * listened to. What came before stays until something comes of a new address.
 */
export const useLive = <T>(address: string | undefined, isLast: (value: T) => boolean = never): Live<T> => {
  const [held, setHeld] = useState<Held<T>>({ address, live: nothing });
  useEffect(() => {
    if (address === undefined) return undefined;
    const abort = new AbortController();
    const update = (change: (before: Live<T>) => Live<T>): void => {
      if (abort.signal.aborted) return;
      setHeld((before) => ({ address, live: change(before.address === address ? before.live : nothing) }));
    };
    void watch({ address, update, isLast, signal: abort.signal });
    return () => abort.abort();
  }, [address, isLast]);
  return held.address === address ? held.live : nothing;
};
