import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Counter, type Registry } from 'prom-client';

/** There from the start: an increase from nothing to one would not be seen. */
const statuses = [401, 403, 429] as const;

/**
 * Registers `<prefix>_denied_requests_total` and counts in it what the server answers with one of these statuses, whether
 * a guard, a route or the framework said so. Its only label has these three values: nothing of a request gets into it.
 */
export const countDenied = (registry: Registry, prefix: string, server: Pick<Server, 'on'>): void => {
  const denied = new Counter({
    name: `${prefix}_denied_requests_total`,
    help: 'Requests that were denied: 401 without a valid key, 403 for what the key or the host named is not for, 429 over a rate or for want of room.',
    labelNames: ['status'],
    registers: [registry],
  });
  for (const status of statuses) denied.inc({ status }, 0);
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    // Not `finish`, which a client that goes away at once does not let come.
    response.once('close', () => {
      const status = statuses.find((each) => each === response.statusCode);
      if (status !== undefined && response.headersSent) denied.inc({ status });
    });
  });
};
