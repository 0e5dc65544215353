import { fetchJson } from '../shared/api.js';
import type { Fetched } from '../shared/api.js';

/** Sends JSON to this origin, and reads the answer. Never throws. */
export const sendJson = <T>(
  method: 'POST' | 'DELETE',
  address: string,
  body?: unknown,
): Promise<Fetched<T>> =>
  fetchJson<T>(address, {
    method,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
