/** What a service that was asked had to say. */
export type ServiceAnswer<T> =
  | { readonly type: 'answered'; readonly value: T }
  /** It could not be asked, or not in time; the reason is for people. */
  | { readonly type: 'silent'; readonly reason: string };

/** What is asked of a service. */
export interface Question<T> {
  /** Without a slash in front, with its query. */
  readonly path: string;
  /** Reads the answer's text; undefined where it is something else. */
  readonly read: (text: string) => T | undefined;
  readonly timeoutMs: number;
}

/** Most bytes that are read of one answer: a full page of open operations is about a twentieth of it. */
const maxAnswerBytes = 32 * 1024 * 1024;

const silent = <T>(reason: string): ServiceAnswer<T> => ({ type: 'silent', reason });

/** An announced address as a URL to ask; undefined where it is no plain address of a web server. */
const endpointOf = (announcement: string, path: string): URL | undefined => {
  if (!URL.canParse(announcement)) return undefined;
  const url = new URL(announcement);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  return new URL(path, url.href.endsWith('/') ? url : `${url.href}/`);
};

const readText = async (response: Response): Promise<string | undefined> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxAnswerBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** The innermost reason, as a code where there is one. Told by shape: fetch's errors may be of another realm. */
const reasonOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('cause' in error && typeof error.cause === 'object' && error.cause !== null)
    return reasonOf(error.cause);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'message' in error ? String(error.message) : 'unknown error';
};

/** Asks the service at an announced address. Never rejects, follows no redirect, waits no longer than it may. */
export const askService = async <T>(
  announcement: string | undefined,
  { path, read, timeoutMs }: Question<T>,
): Promise<ServiceAnswer<T>> => {
  if (announcement === undefined)
    return silent('announces no address: it is joining just now, or of an older release');
  const url = endpointOf(announcement, path);
  if (url === undefined) return silent('announces an address that is none');
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { redirect: 'error', signal: late });
    const text = await readText(response);
    if (response.status !== 200) return silent(`answered ${response.status}`);
    const value = text === undefined ? undefined : read(text);
    return value === undefined ? silent('answered with something else') : { type: 'answered', value };
  } catch (error) {
    return silent(late.aborted ? 'did not answer in time' : reasonOf(error));
  }
};
