import type { IncomingMessage } from 'node:http';

/** How much and how long a client may go on sending after it has been refused. */
const drainLimits = { bytes: 64 * 1024 * 1024, milliseconds: 5_000 } as const;

/**
 * Reads and forgets what a client still sends after its answer: closing at once would make the network drop the answer
 * before the client has read it. Bounded in bytes and time; then the connection is cut.
 */
export const drain = (request: IncomingMessage): void => {
  if (request.complete || request.destroyed) {
    request.resume();
    return;
  }
  let bytes = 0;
  const timer = setTimeout(() => request.destroy(), drainLimits.milliseconds);
  timer.unref();
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > drainLimits.bytes) request.destroy();
  });
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
  request.resume();
};
