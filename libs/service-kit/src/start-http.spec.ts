import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics, OperationsModule, startHttp, type HttpServer } from './index.js';

const logger = createLogger({
  service: 'test',
  level: 'silent',
  format: 'json',
  sink: { write: () => undefined },
});

/** Everything that comes back until the server closes, or undefined where it stays open for `patienceMs`. */
const spoken = (port: number, parts: readonly string[], patienceMs = 5_000): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    let heard = '';
    const late = setTimeout(() => {
      socket.destroy();
      resolve(undefined);
    }, patienceMs);
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
    socket.on('error', (error) => (heard += error.message));
    socket.on('close', () => {
      clearTimeout(late);
      resolve(heard);
    });
    void (async () => {
      for (const part of parts) {
        socket.write(part);
        await sleep(20);
      }
    })();
  });

describe('bytes that are no request', () => {
  let server: HttpServer;
  beforeAll(async () => {
    server = await startHttp({
      module: OperationsModule.forRoot({
        metrics: createMetrics({ service: 'test', process: false }),
        indicators: [],
      }),
      host: '127.0.0.1',
      port: 0,
      variable: 'KAIZEN_TEST_PORT',
      logger,
      fastify: { requestTimeout: 500, http: { connectionsCheckingInterval: 100 } },
    });
  });
  afterAll(() => server.close());

  const head = 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n';
  const cases: readonly (readonly [string, number, readonly string[]])[] = [
    ['another protocol', 400, ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']],
    ['two lengths', 400, [`${head}content-length: 1\r\ncontent-length: 2\r\n\r\na`]],
    ['a length and chunks', 400, [`${head}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`]],
    ['headers over their bound', 431, [`${head}x: ${'a'.repeat(20_000)}\r\n\r\n`]],
    ['an address over that bound', 431, [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`]],
    ['a request that does not end', 408, [`${head}x: `]],
    ['a tunnel', 405, ['CONNECT elsewhere.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n']],
  ];
  for (const [what, status, parts] of cases)
    it(`are answered with ${status} where they are ${what}, and no further request goes with them`, async () => {
      const heard = await spoken(server.port, parts);
      expect(heard).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(heard).toMatch(/\r\nconnection: close\r\n/i);
      expect(heard?.match(/HTTP\/1\.1/g)).toHaveLength(1);
    });

  it('have an answer without a body, as it is not known whether one may follow: HEAD has none', async () => {
    const heard = await spoken(server.port, [
      `HEAD /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
    ]);
    expect(heard).toMatch(/^HTTP\/1\.1 431 [^]*\r\nContent-Length: 0\r\n\r\n$/);
  });

  it('can be sent on after they are refused: the answer is not lost with them', async () => {
    const rest = Array.from({ length: 20 }, () => 'x'.repeat(60_000));
    expect(await spoken(server.port, ['nonsense\r\n\r\n', ...rest])).toMatch(/^HTTP\/1\.1 400 [^]*\r\n\r\n$/);
  });

  it('do not matter where nobody reads them: a body is not looked at', async () => {
    const headers = { 'content-type': 'application/json' };
    for (const body of ['', '{"', 'x'.repeat(2_000_000)])
      expect((await fetch(`${server.url}/healthz`, { method: 'POST', headers, body })).status).toBe(404);
    expect((await fetch(`${server.url}/`, { method: 'POST', headers: {}, body: 'x' })).status).toBe(404);
  });
});
