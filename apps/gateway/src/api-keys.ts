import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '@kaizen-trace/settings';

/** Whether a request may come in; the reasons say nothing about keys. */
export type Admission =
  | { readonly type: 'admitted' }
  /** No key, or a wrong one. */
  | { readonly type: 'unauthenticated' }
  /** Without keys only this machine is served, and the Host header names another: a web page may be behind it. */
  | { readonly type: 'foreign-host' };

export interface Doorkeeper {
  admit(path: string, headers: IncomingHttpHeaders): Admission;
}

/** Probes carry no key; these two say nothing but whether the service lives and is ready. */
const openPaths = new Set(['/healthz', '/readyz']);

const digest = (key: string): Buffer => createHash('sha256').update(key).digest();

const shownKey = (headers: IncomingHttpHeaders): string | undefined => {
  const bearer = /^bearer +(\S.*)$/i.exec(headers.authorization ?? '')?.[1];
  const own = headers['x-api-key'];
  return bearer ?? (typeof own === 'string' ? own : undefined);
};

const hostName = (header: string): string => {
  const bare = /^(?:\[([^\]]+)\]|([^:]*))(?::\d+)?$/.exec(header);
  return (bare?.[1] ?? bare?.[2] ?? '').toLowerCase();
};

/**
 * Without keys everyone on this machine comes in, but no request for another host name, which is how a web page would
 * reach a loopback server. With keys every request shows one. Keys are kept and compared as hashes, in constant time.
 */
export const openDoorkeeper = (apiKeys: readonly string[]): Doorkeeper => {
  const digests = apiKeys.map(digest);
  const knows = (key: string): boolean => {
    const shown = digest(key);
    let found = false;
    for (const known of digests) found = timingSafeEqual(known, shown) || found;
    return found;
  };
  return {
    admit(path, headers) {
      if (openPaths.has(path)) return { type: 'admitted' };
      if (digests.length === 0) {
        const host = hostName(headers.host ?? 'localhost');
        return isLoopback(host) || host.endsWith('.localhost')
          ? { type: 'admitted' }
          : { type: 'foreign-host' };
      }
      const key = shownKey(headers);
      return key !== undefined && knows(key) ? { type: 'admitted' } : { type: 'unauthenticated' };
    },
  };
};
