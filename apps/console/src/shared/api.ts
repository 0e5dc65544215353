/** Why an answer is not there, and so what there is to do about it. */
export type ApiFailure =
  /** Nobody answers, or a proxy says that nobody does. Trying again may help. */
  | { readonly type: 'away'; readonly message: string }
  /** What was asked for is not there. */
  | { readonly type: 'missing'; readonly message: string }
  /** The question was refused; asking again will not help. */
  | { readonly type: 'refused'; readonly status: number; readonly message: string };

/** An answer of an API, or why there is none. */
export type Fetched<T> =
  | { readonly type: 'answered'; readonly value: T }
  | { readonly type: 'failed'; readonly failure: ApiFailure };

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The reason that an answer gives: Jaeger's `errors`, or `reason`, `message`, `error` of ours. */
export const reasonIn = (body: string): string | undefined => {
  try {
    const answer = JSON.parse(body) as Record<string, unknown>;
    const first = Array.isArray(answer.errors) ? (answer.errors as unknown[])[0] : undefined;
    const message = (first as { readonly msg?: unknown } | undefined)?.msg;
    return [message, answer.reason, answer.message, answer.error].map(textOf).find(Boolean);
  } catch {
    return undefined;
  }
};

/** What an answer that is not a success means. */
export const failureOf = (status: number, body: string): ApiFailure => {
  const message = reasonIn(body) ?? `answered with status ${status}`;
  if (status === 404) return { type: 'missing', message };
  if (status === 502 || status === 503 || status === 504) return { type: 'away', message };
  return { type: 'refused', status, message };
};

/**
 * Fetches JSON of this origin. Never throws but where `signal` is aborted.
 *
 * @throws the reason of `signal` once it is aborted.
 */
export const fetchJson = async <T>(address: string, init: RequestInit = {}): Promise<Fetched<T>> => {
  try {
    const response = await fetch(address, { headers: { accept: 'application/json' }, ...init });
    const body = await response.text();
    if (!response.ok) return { type: 'failed', failure: failureOf(response.status, body) };
    return { type: 'answered', value: JSON.parse(body) as T };
  } catch (error) {
    init.signal?.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    return { type: 'failed', failure: { type: 'away', message } };
  }
};
