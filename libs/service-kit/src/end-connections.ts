import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Watches a server's connections. What it gives ends those on which nothing is asked, also those that never asked for
 * anything, and from then on each one as soon as it has its answer: Node's own `close` leaves a connection that was busy
 * at that moment open for another request, for as long as whoever asked keeps it.
 */
export const watchConnections = (server: Pick<Server, 'on'>): (() => void) => {
  const open = new Map<Socket, Set<ServerResponse>>();
  let isEnding = false;
  server.on('connection', (socket: Socket) => {
    open.set(socket, new Set());
    socket.once('close', () => open.delete(socket));
    if (isEnding) socket.destroy();
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const answers = open.get(socket);
    answers?.add(response);
    if (isEnding) response.shouldKeepAlive = false;
    response.once('close', () => {
      answers?.delete(response);
      // Not before its last byte has left.
      if (isEnding && answers?.size === 0) socket.destroySoon();
    });
  });
  return () => {
    isEnding = true;
    for (const [socket, answers] of open) {
      // Told in time, nobody sends another request into a connection that ends.
      for (const response of answers) response.shouldKeepAlive = false;
      if (answers.size === 0) socket.destroySoon();
    }
  };
};
