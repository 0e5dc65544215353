import { startHttp, StartError, warnOfShortKeys } from '@kaizen-trace/service-kit';
import type { HttpOptions, HttpServer } from '@kaizen-trace/service-kit';
import { isLoopback, type QueryAccess } from '@kaizen-trace/settings';
import { guardQueries } from './guard-queries.js';

/** What is served to whom. */
export interface QueryServerOptions
  extends Pick<HttpOptions, 'module' | 'port' | 'variable' | 'logger'>, QueryAccess {}

/**
 * Serves a query API and the console to whom they are open.
 *
 * @throws PortInUseError, StartError where the port cannot be had, or where they would be open to other machines without
 * keys.
 */
export const serveQueries = ({
  queryHost,
  queryKeys,
  queryOpen,
  ...rest
}: QueryServerOptions): Promise<HttpServer> => {
  if (queryKeys.length === 0 && queryOpen === false && !isLoopback(queryHost))
    return Promise.reject(
      new StartError(
        `without KAIZEN_QUERY_KEYS the query API and console listen on loopback only, not on ${queryHost}; KAIZEN_QUERY_OPEN=true opens them to everyone`,
      ),
    );
  warnOfShortKeys(queryKeys, 'KAIZEN_QUERY_KEYS', rest.logger);
  return startHttp({
    ...rest,
    host: queryHost,
    guard: guardQueries({ keys: queryKeys, open: queryOpen }),
    // A service name may have 256 characters, each of up to nine when encoded in a path.
    fastify: { routerOptions: { maxParamLength: 4096 } },
  });
};
