import { headersOf, type Upstream } from './upstream.js';

const served = /^api\/(?:services(?:\/[^/]+\/operations)?|operations|traces(?:\/[^/]+)?|dependencies)$/;

/** Jaeger's query API. It is told nothing of who asks, keys least of all. */
export const jaegerAt = (url: string): Upstream => ({
  url,
  name: 'Jaeger',
  variable: 'JAEGER_QUERY_URL',
  serves: 'Jaeger’s query API',
  has: (path) => served.test(path),
  introduce: (request) => ({ type: 'allowed', headers: headersOf(request, ['accept']) }),
});
