import type { IncomingHttpHeaders } from 'node:http';
import {
  keyDigest,
  namedHost,
  namesLoopback,
  openKeyTable,
  shownKeyOrPassword,
  type Guard,
} from '@kaizen-trace/service-kit';
import type { OpenTo } from '@kaizen-trace/settings';

/** Who may ask. */
export interface QueryGuardOptions {
  /** None: everyone who reaches it under a name of loopback. */
  readonly keys: readonly string[];
  /** Without keys: under any name, or beside those of loopback under these, in lower case. */
  readonly open: OpenTo;
}

/** Probes carry no key; these two say nothing but whether the service lives and is ready. */
const openRoutes = new Set(['/healthz', '/readyz']);

const reading: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** A browser shows it to who cancels its question for a login. */
const wanted =
  'unauthorized: show one of KAIZEN_QUERY_KEYS, as a bearer token or as the password of a login with any name';

interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

/**
 * Lets in who shows a key, as a bearer token or the password of a basic login. Without keys a request must name this
 * machine as loopback, or a web page that gave it another name could read every trace through a visitor's browser. A
 * browser adds a login by itself, so nothing is changed for the page of another site, whatever it shows.
 */
export const guardQueries = ({ keys, open }: QueryGuardOptions): Guard => {
  const isOpenTo = (headers: IncomingHttpHeaders): boolean =>
    typeof open === 'boolean' ? open : open.includes(namedHost(headers));
  const table = openKeyTable(keys.map((key) => ({ digest: keyDigest(key) })));
  const refusalOf = ({ headers, method }: Parameters<Guard>[0]): Refusal | undefined => {
    const key = shownKeyOrPassword(headers);
    if (keys.length > 0 && (key === undefined || table.find(key) === undefined))
      return { status: 401, message: wanted };
    if (keys.length === 0 && !isOpenTo(headers) && !namesLoopback(headers))
      return { status: 403, message: 'without KAIZEN_QUERY_KEYS only requests to localhost are served' };
    if (!reading.includes(method) && ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site'])))
      return { status: 403, message: 'pages of another site may change nothing here' };
    return undefined;
  };
  return (request, reply, done) => {
    const refusal = openRoutes.has(request.routeOptions.url ?? '') ? undefined : refusalOf(request);
    if (refusal === undefined) {
      done();
      return;
    }
    if (refusal.status === 401)
      void reply.header('www-authenticate', 'Basic realm="kaizen-trace", charset="UTF-8"');
    void reply.code(refusal.status).send(refusal);
  };
};
