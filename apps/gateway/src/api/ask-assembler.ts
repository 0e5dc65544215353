import type { OpenOperationsQuery, OpenPageJson } from '@kaizen-trace/assembler-runtime';
import { readOpenPage, showOpenQuery } from '@kaizen-trace/assembler-runtime';

/** What one assembler had to say. */
export type AssemblerAnswer =
  | { readonly type: 'answered'; readonly page: OpenPageJson }
  /** It could not be asked, or not in time; the reason is for people. */
  | { readonly type: 'silent'; readonly reason: string };

/** Most bytes that are read of one answer: a full page is about a twentieth of it. */
const maxAnswerBytes = 32 * 1024 * 1024;

const silent = (reason: string): AssemblerAnswer => ({ type: 'silent', reason });

/** An announced address as a URL to ask; undefined where it is no plain address of a web server. */
const endpointOf = (announcement: string): URL | undefined => {
  if (!URL.canParse(announcement)) return undefined;
  const url = new URL(announcement);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  return new URL('api/open-operations', url.href.endsWith('/') ? url : `${url.href}/`);
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

/** Asks the assembler at an announced address. Never rejects, follows no redirect, waits no longer than `timeoutMs`. */
export const askAssembler = async (
  announcement: string | undefined,
  query: OpenOperationsQuery,
  timeoutMs: number,
): Promise<AssemblerAnswer> => {
  if (announcement === undefined)
    return silent('announces no address: it is joining just now, or of an older release');
  const url = endpointOf(announcement);
  if (url === undefined) return silent('announces an address that is none');
  url.search = String(showOpenQuery(query));
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { redirect: 'error', signal: late });
    const text = await readText(response);
    if (response.status !== 200) return silent(`answered ${response.status}`);
    const page = text === undefined ? undefined : readOpenPage(text);
    return page === undefined ? silent('answered with something else') : { type: 'answered', page };
  } catch (error) {
    return silent(late.aborted ? 'did not answer in time' : reasonOf(error));
  }
};
