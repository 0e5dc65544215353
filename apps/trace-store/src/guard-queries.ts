import {
  findDigest,
  keyDigest,
  namesLoopback,
  shownKeyOrPassword,
  type HttpOptions,
} from '@kaizen-trace/service-kit';

type App = Parameters<NonNullable<HttpOptions['configure']>>[0];

/** Who may ask. */
export interface QueryGuardOptions {
  /** None: everyone who reaches it under a name of loopback. */
  readonly keys: readonly string[];
  /** Without keys: under any name. */
  readonly open: boolean;
}

/** Probes carry no key; these two say nothing but whether the service lives and is ready. */
const openRoutes = new Set(['/healthz', '/readyz']);

/** What answers carry unless they say otherwise: nothing of them may be embedded, guessed at, kept or told to others. */
const strictHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/**
 * Lets in who shows a key, as a bearer token or the password of a basic login. Without keys a request must name this
 * machine as loopback, or a web page that gave it another name could read every trace through a visitor's browser.
 */
export const guardQueries = (app: App, { keys, open }: QueryGuardOptions): void => {
  const digests = keys.map(keyDigest);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      void reply.headers(strictHeaders);
      const route = request.routeOptions.url ?? '';
      const isKeyless = digests.length === 0;
      if (openRoutes.has(route) || (isKeyless && (open || namesLoopback(request.headers)))) {
        done();
        return;
      }
      if (isKeyless) {
        const message = 'without KAIZEN_QUERY_KEYS only requests to localhost are served';
        void reply.code(403).send({ status: 403, message });
        return;
      }
      const key = shownKeyOrPassword(request.headers);
      if (key !== undefined && findDigest(digests, key) >= 0) {
        done();
        return;
      }
      const challenge = 'Basic realm="kaizen-trace", charset="UTF-8"';
      void reply
        .code(401)
        .header('www-authenticate', challenge)
        .send({ status: 401, message: 'unauthorized' });
    });
};
