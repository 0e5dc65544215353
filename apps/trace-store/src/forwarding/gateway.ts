import { namesLoopback } from '@kaizen-trace/service-kit';
import type { FastifyRequest } from 'fastify';
import { headersOf, type Upstream } from './upstream.js';

/** What the gateway needs to know of a request. */
const passedOn = ['accept', 'content-type', 'authorization', 'x-api-key', 'origin'] as const;

/** The operating API's parts, none of which is Jaeger's. */
export const operatingParts = ['open-operations', 'pipeline', 'dead-letters', 'replays'] as const;

const served = new RegExp(`^api/(?:${operatingParts.join('|')})(?:/|$)`);

/** A login's password is the key, as for the query API; the gateway itself knows no logins. */
const keyOfLogin = (authorization: string | undefined): Readonly<Record<string, string>> => {
  const encoded = /^basic +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return {};
  const login = Buffer.from(encoded, 'base64').toString('utf8');
  return login.includes(':') ? { 'x-api-key': login.slice(login.indexOf(':') + 1) } : {};
};

const showsKey = ({ headers }: FastifyRequest): boolean =>
  headers.authorization !== undefined || headers['x-api-key'] !== undefined;

/** Whether it comes from a page that was served here, or from none. A page cannot say that it is another one's. */
const isOfOwnPage = ({ headers }: FastifyRequest): boolean => {
  const { origin, host, 'sec-fetch-site': site = 'none' } = headers;
  if (site === 'same-origin') return true;
  if (origin === undefined) return site === 'none';
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
};

/**
 * The operating API of the gateway at `url`. Who shows no key is lent `key`: then only pages that were served here may
 * change anything, since the gateway takes who shows a key for no page at all.
 */
export const gatewayAt = (url: string, key?: string): Upstream => ({
  url,
  name: 'the gateway',
  variable: 'KAIZEN_GATEWAY_URL',
  serves: 'the operating API',
  has: (path) => served.test(path),
  introduce: (request) => {
    const { raw, headers, method } = request;
    const isLent = key !== undefined && !showsKey(request);
    if (isLent && method !== 'GET' && method !== 'HEAD' && !isOfOwnPage(request))
      return {
        type: 'forbidden',
        message: 'without a key only pages that were served here may change anything',
      };
    // A proxy that adds no address may still pass on the name under which it was asked.
    const elsewhere = namesLoopback(headers) ? [] : ['unknown'];
    const before = headers['x-forwarded-for'] ?? [];
    const told = {
      ...headersOf(request, passedOn),
      ...keyOfLogin(headers.authorization),
      ...(isLent && { 'x-api-key': key }),
      // Without keys the gateway serves this machine only: it has to know who really asks.
      'x-forwarded-for': [elsewhere, before, raw.socket.remoteAddress ?? 'unknown'].flat().join(', '),
    };
    return { type: 'allowed', headers: told };
  },
});
