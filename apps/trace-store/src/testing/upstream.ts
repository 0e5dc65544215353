import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server at the place of a gateway or a Jaeger: what matters is what reaches it, and how its answers come back. */
export interface TestUpstream {
  readonly url: string;
  readonly server: Server;
  close(): Promise<unknown>;
}

/** Starts one on a free port. */
export const openUpstream = async (answer: RequestListener): Promise<TestUpstream> => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
};

const textOf = async (message: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return text;
};

/** Answers with what was asked. */
export const echo: RequestListener = (message, response) => {
  void textOf(message).then((body) => {
    const { method, url, headers } = message;
    response.writeHead(201, { 'content-type': 'application/json', 'set-cookie': 'a=b', server: 'x' });
    response.end(JSON.stringify({ method, url, headers, body }));
  });
};
