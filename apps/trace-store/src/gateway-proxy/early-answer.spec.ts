import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@kaizen-trace/testkit';
import { runningStore } from '../testing/running-store.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A gateway's place that answers at the head of a request, takes nothing of its body, and perhaps hangs up. */
const hasty = async (hangsUp: boolean): Promise<string> => {
  const server = createServer((socket) => {
    closers.push(() => Promise.resolve(void socket.destroy()));
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.pause();
      socket.write(
        `HTTP/1.1 415 No\r\ncontent-length: 2\r\nconnection: ${hangsUp ? 'close' : 'keep-alive'}\r\n\r\n{}`,
      );
      if (hangsUp) setTimeout(() => socket.destroy(), 100);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.unshift(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe('an answer that comes before the body has gone', () => {
  for (const hangsUp of [true, false])
    it(`leaves the connection to the next request, where the gateway ${hangsUp ? 'hangs up' : 'takes no more'}`, async () => {
      const store = await runningStore({ gatewayUrl: await hasty(hangsUp) });
      closers.push(() => store.close());
      const socket = createConnection(store.queryPort, '127.0.0.1');
      closers.push(() => Promise.resolve(void socket.destroy()));
      let heard = '';
      const closed = new AbortController();
      socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => closed.abort());
      const body = 'x'.repeat(1_000_000);
      const head = `POST /api/replays HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
      socket.write(`${head}content-length: ${body.length}\r\n\r\n`);
      socket.write(body.slice(0, 500_000));
      await eventually('it is answered', 10_000, () => heard.startsWith('HTTP/1.1 415'));
      await sleep(300);
      for (let from = 500_000; from < body.length; from += 50_000) {
        socket.write(body.slice(from, from + 50_000));
        await sleep(10);
      }
      socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await eventually(
        'the next is answered or told that none is taken',
        10_000,
        () => heard.includes('"alive"') || closed.signal.aborted,
      );
      if (closed.signal.aborted) expect(heard.toLowerCase()).toContain('connection: close');
    }, 30_000);
});
