import { useSyncExternalStore } from 'react';

/** Where the console is: a path, and what the query says. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const listeners = new Set<() => void>();
const tell = (): void => listeners.forEach((listener) => listener());

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
};

const shown = (): string => window.location.pathname + window.location.search;

/** Reads a path with a query, as `/trace/abc?view=agents`. */
export const placeOf = (address: string): Place => {
  const at = address.indexOf('?');
  return at < 0
    ? { path: address, query: new URLSearchParams() }
    : { path: address.slice(0, at), query: new URLSearchParams(address.slice(at + 1)) };
};

/** The address with its query; the component is rendered anew when it changes. */
export const useAddress = (): string => useSyncExternalStore(subscribe, shown);

/** Goes to an address of the console; with `replace` the one before it is not kept in the history. */
export const navigate = (address: string, { replace = false } = {}): void => {
  if (address === shown()) return;
  window.history[replace ? 'replaceState' : 'pushState'](null, '', address);
  if (!replace) window.scrollTo(0, 0);
  tell();
};

/** The address with some parameters changed; `undefined` and the empty text remove one. */
export const withQuery = (
  { path, query }: Place,
  changes: Readonly<Record<string, string | undefined>>,
): string => {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes))
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  const text = next.toString();
  return text === '' ? path : `${path}?${text}`;
};
