import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedLine {
  readonly event_id: string;
  readonly trace_id: string;
  readonly data: { readonly n?: number };
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly lines: readonly ReceivedLine[];
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly retryAfter?: string;
  /** Cuts the connection instead of answering. */
  readonly cut?: boolean;
}

/** What to answer to the n-th request (from 0); undefined: everything accepted. */
export type Answering = (request: Received & { readonly index: number }) => Answer | undefined;

export interface AnsweringServer {
  readonly url: string;
  readonly received: Received[];
  answering: Answering;
  close(): Promise<void>;
}

/** A real HTTP server in the gateway's place, to provoke answers that the gateway gives seldom. */
export const openAnsweringServer = async (): Promise<AnsweringServer> => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const lines = body
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as ReceivedLine);
      const seen = { headers: request.headers, lines };
      const index = received.push(seen) - 1;
      const answer = opened.answering({ ...seen, index });
      if (answer?.cut === true) {
        request.socket.destroy();
        return;
      }
      response.statusCode = answer?.status ?? 202;
      if (answer?.retryAfter !== undefined) response.setHeader('retry-after', answer.retryAfter);
      response.end(JSON.stringify(answer ? answer.body : { accepted: lines.length, rejected: [] }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const opened: AnsweringServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answering: () => undefined,
    close: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return opened;
};
