import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from './logger.js';

const denied = [401, 403, 429] as const;
type Denied = (typeof denied)[number];

const isDenied = (status: number): status is Denied => denied.some((each) => each === status);

/** How long denials are gathered, in milliseconds, before another line tells of them. */
const usualEveryMs = 60_000;

/**
 * Tells the log that requests were denied, with how many by status and nothing else of them: at once of the first, then
 * at most one line a minute, however many come. Gives what ends it.
 */
export const logDenials = (
  server: Pick<Server, 'on'>,
  logger: Pick<Logger, 'warn'>,
  everyMs = usualEveryMs,
): (() => void) => {
  const counts = new Map<Denied, number>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    if (counts.size === 0) return;
    logger.warn({ denied: Object.fromEntries(counts) }, 'requests were denied');
    counts.clear();
    timer = setTimeout(tell, everyMs).unref();
  };
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    // Not `finish`, which a client that goes away at once does not let come.
    response.once('close', () => {
      const { statusCode, headersSent } = response;
      if (!headersSent || !isDenied(statusCode)) return;
      counts.set(statusCode, (counts.get(statusCode) ?? 0) + 1);
      if (timer === undefined) tell();
    });
  });
  return () => {
    clearTimeout(timer);
    timer = undefined;
    if (counts.size > 0) logger.warn({ denied: Object.fromEntries(counts) }, 'requests were denied');
    counts.clear();
  };
};
