import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runningStore } from '../testing/running-store.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A gateway's place that writes down every byte that reaches it, and answers each connection once. */
const eavesdropper = async (): Promise<{ readonly url: string; readonly heard: () => string }> => {
  let heard = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (heard.includes('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard: () => heard };
};

const sent = (port: number, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(bytes));
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString('latin1'));
    });
    socket.on('error', reject);
  });

describe('a request that is passed on', () => {
  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST'])
    it(`has its body in a frame, so that no second request hides in one of ${method}`, async () => {
      const gateway = await eavesdropper();
      const store = await runningStore({ gatewayUrl: gateway.url });
      closers.push(() => store.close());
      const hidden = 'POST /api/dead-letters/redrive HTTP/1.1\r\nhost: localhost\r\n\r\n';
      const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
      const head = `${method} /api/pipeline HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n`;
      expect(await sent(store.queryPort, head + chunk)).toMatch(/^HTTP\/1\.1 200 /);
      const [headers = '', ...rest] = gateway.heard().split('\r\n\r\n');
      expect(headers.toLowerCase()).toContain('\r\ntransfer-encoding: chunked');
      expect(rest.join('\r\n\r\n')).toMatch(new RegExp(`^${hidden.length.toString(16)}\r\nPOST `));
    });
});
