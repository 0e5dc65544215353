import type { IncomingHttpHeaders } from 'node:http';
import { namesLoopback, shownKey } from '@kaizen-trace/service-kit';
import type { ApiKey, Operation } from './api-key.js';
import type { KeyRing, KeySet } from './key-ring.js';
import { openTokenBucket, type TokenBucket } from './rate-limit.js';

/** What a request that came in may do. */
export interface Grant {
  /** Services as which it may write; undefined: any. */
  readonly services: readonly string[] | undefined;
  /** Counts a body's unpacked bytes against the key's rate. */
  spend(bytes: number): void;
  /** Whether the same would be let in now, rates aside: a key may have been taken back meanwhile. */
  isValid(): boolean;
}

/** Whether a request may come in; the reasons say nothing about keys. */
export type Admission =
  | { readonly type: 'admitted'; readonly grant: Grant }
  /** No key, or a wrong one. */
  | { readonly type: 'unauthenticated' }
  /** The key is known, and not for this. */
  | { readonly type: 'out-of-scope' }
  /** The key's rate is used up. */
  | { readonly type: 'too-many'; readonly waitMs: number }
  /** Without keys only this machine is served, and the Host header names another: a web page may be behind it. */
  | { readonly type: 'foreign-host' };

/** What is asked for. */
export interface Entry {
  readonly method: string;
  /** The route that the framework found, or the path where there is none. */
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Doorkeeper {
  admit(entry: Entry): Admission;
}

/** Probes carry no key; these two say nothing but whether the service lives and is ready. */
const openRoutes = new Set(['/healthz', '/readyz']);

/** Hooks become events of this service. */
const hookRoute = '/v1/hooks/claude-code';
const hookService = 'claude-code';

const operationOf = ({ method, route }: Entry): Operation => {
  if (route.startsWith('/v1/')) return 'ingest';
  return method === 'GET' || method === 'HEAD' ? 'read' : 'operate';
};

const covers = ({ operations, services }: ApiKey, entry: Entry): boolean =>
  operations.includes(operationOf(entry)) &&
  (entry.route !== hookRoute || services === undefined || services.includes(hookService));

interface Buckets {
  readonly requests: TokenBucket | undefined;
  readonly bytes: TokenBucket | undefined;
}

const openBuckets = (key: ApiKey, now: () => number): Buckets => ({
  requests: key.requestsPerSecond === undefined ? undefined : openTokenBucket(key.requestsPerSecond, now),
  bytes: key.bytesPerSecond === undefined ? undefined : openTokenBucket(key.bytesPerSecond, now),
});

/** A key's buckets outlive a reading of the file in which its line stays the same; those of others go. */
const openLedger = (now: () => number) => {
  let buckets = new Map<string, Buckets>();
  let seen: KeySet | undefined;
  const nameOf = ({ digest, requestsPerSecond, bytesPerSecond }: ApiKey): string =>
    `${Buffer.from(digest).toString('hex')}/${requestsPerSecond}/${bytesPerSecond}`;
  return (keys: KeySet, key: ApiKey): Buckets => {
    if (seen !== keys) {
      seen = keys;
      buckets = new Map(
        keys.keys.map((each) => [nameOf(each), buckets.get(nameOf(each)) ?? openBuckets(each, now)]),
      );
    }
    return buckets.get(nameOf(key)) ?? openBuckets(key, now);
  };
};

const unlimited: Grant = { services: undefined, spend: () => undefined, isValid: () => true };

/** What a body says that it is long, 0 where it says nothing, and never more than would be read of it. */
const announcedBytes = (headers: IncomingHttpHeaders, maxBodyBytes: number): number => {
  const length = Number(headers['content-length'] ?? 0);
  return Number.isFinite(length) ? Math.min(length, maxBodyBytes) : 0;
};

export interface DoorkeeperOptions {
  readonly ring: Pick<KeyRing, 'current'>;
  /** What of a body would be read at most; one that says that it is longer counts as that long. */
  readonly maxBodyBytes: number;
  /** In milliseconds, of a clock that only goes forward; the process's own unless told. */
  readonly now?: () => number;
}

/**
 * Without keys everyone on this machine comes in, but no request for another host name, which is how a web page would
 * reach a loopback server. With keys every request shows one that is for what it asks, and whose rate is not used up.
 * Keys are kept and compared as hashes, in constant time.
 */
export const openDoorkeeper = ({
  ring,
  maxBodyBytes,
  now = () => performance.now(),
}: DoorkeeperOptions): Doorkeeper => {
  const bucketsOf = openLedger(now);
  const grantOf = (key: ApiKey, buckets: Buckets, entry: Entry): Grant => {
    // Counted before it has come, so that many at once do not all pass.
    const announced = announcedBytes(entry.headers, maxBodyBytes);
    buckets.bytes?.spend(announced);
    return {
      services: key.services,
      spend: (bytes) => buckets.bytes?.spend(Math.max(0, bytes - announced)),
      isValid() {
        const present = ring.current()?.at(key.digest);
        return present !== undefined && covers(present, entry);
      },
    };
  };
  return {
    admit(entry) {
      if (openRoutes.has(entry.route)) return { type: 'admitted', grant: unlimited };
      const keys = ring.current();
      if (keys === undefined)
        return namesLoopback(entry.headers)
          ? { type: 'admitted', grant: unlimited }
          : { type: 'foreign-host' };
      const shown = shownKey(entry.headers);
      const key = shown === undefined ? undefined : keys.find(shown);
      if (key === undefined) return { type: 'unauthenticated' };
      if (!covers(key, entry)) return { type: 'out-of-scope' };
      const buckets = bucketsOf(keys, key);
      const waitMs = Math.max(buckets.requests?.waitMs() ?? 0, buckets.bytes?.waitMs() ?? 0);
      if (waitMs > 0) return { type: 'too-many', waitMs };
      buckets.requests?.spend(1);
      return { type: 'admitted', grant: grantOf(key, buckets, entry) };
    },
  };
};
