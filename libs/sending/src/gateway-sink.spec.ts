import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { deliver } from './deliver.js';
import { openGatewaySink } from './gateway-sink.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server that answers every request so; a real gateway never would. */
const answering = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => answer(request, response));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const batch = [{ line: 0, payload: Buffer.from('{}\n'), size: 3 }];

it.each(['0', '-5'])('is not asked as fast as it answers where it says Retry-After: %s', async (after) => {
  let requests = 0;
  const url = await answering((_, response) => {
    requests += 1;
    response.writeHead(429, { 'retry-after': after }).end();
  });
  const delivery = await deliver(openGatewaySink({ url, apiKey: undefined }), batch, {
    timeoutMs: 500,
    signal: new AbortController().signal,
    onWait: () => undefined,
  });
  expect(delivery).toMatchObject({ type: 'failed', uncertain: false });
  expect(requests).toBeGreaterThan(1);
  expect(requests).toBeLessThan(10);
});

it.each([301, 302, 303, 307, 308])(
  'does not follow a redirection (%d), and says where it leads',
  async (status) => {
    const asked: (string | undefined)[] = [];
    const url = await answering((request, response) => {
      asked.push(request.url);
      response.writeHead(status, { location: 'https://elsewhere.example/login?token=secret' }).end();
    });
    const outcome = await openGatewaySink({ url, apiKey: 'key' }).send(batch, new AbortController().signal);
    expect(outcome).toMatchObject({ type: 'refused' });
    const { reason } = outcome as { readonly reason: string };
    expect(reason).toContain('https://elsewhere.example/login');
    expect(reason).toContain('KAIZEN_GATEWAY_URL');
    expect(reason).not.toContain('secret');
    expect(asked).toEqual(['/v1/events']);
  },
);
