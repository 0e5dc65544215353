import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** What Node's reader says of bytes that are no request, as what is answered; all else is 400. */
const statuses: Readonly<Record<string, readonly [status: number, reason: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Payload Too Large'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
};

/** How long a refused client may go on sending: closing at once could make the network drop the answer. */
const lingerMs = 500;

const refuse = (socket: Duplex, status: number, reason: string): void => {
  // Without a body: it is not known whether one may follow, as none does after HEAD.
  const head = [`HTTP/1.1 ${status} ${reason}`, 'Connection: close', 'Content-Length: 0'];
  // The last answer of this connection: whatever stands behind the request cannot be told apart any more.
  socket.end(`${head.join('\r\n')}\r\n\r\n`);
  const cut = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(cut));
};

/**
 * Answers what cannot be read as a request, comes too slowly, or asks for a tunnel, and says that the connection ends with
 * it: a client that keeps connections would else send its next request into one that is about to close.
 */
export const answerNoRequests = (server: Server): void => {
  const refused = new WeakSet<Duplex>();
  server.removeAllListeners('clientError');
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Told again for each piece that comes after it.
    if (refused.has(socket)) return;
    refused.add(socket);
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, reason] = statuses[error.code ?? ''] ?? [400, 'Bad Request'];
    refuse(socket, status, reason);
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy());
    socket.resume();
    refuse(socket, 405, 'Method Not Allowed');
  });
};
