import { request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  createLogger,
  createMetrics,
  OperationsModule,
  startHttp,
  type Guard,
  type HttpServer,
} from './index.js';

const logger = createLogger({
  service: 'test',
  level: 'silent',
  format: 'json',
  sink: { write: () => undefined },
});

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const start = async (host: string, guard?: Guard) => {
  const made = (server = await startHttp({
    module: OperationsModule.forRoot({
      metrics: createMetrics({ service: 'test', process: false }),
      indicators: [],
    }),
    host,
    port: 0,
    variable: 'KAIZEN_TEST_PORT',
    logger,
    ...(guard === undefined ? {} : { guard }),
  }));
  return (path: string, headers: Readonly<Record<string, string>> = {}) =>
    new Promise<{ status: number; text: string; headers: Readonly<Record<string, unknown>> }>(
      (resolve, reject) => {
        const asked = request(
          { host: '127.0.0.1', port: made.port, path, headers, agent: false },
          (response) => {
            let text = '';
            response.on('data', (chunk: Buffer) => (text += chunk.toString()));
            response.on('end', () =>
              resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
            );
          },
        );
        asked.on('error', reject).end();
      },
    );
};

describe('a service that listens on loopback', () => {
  it('answers nobody who asks for another host, but for probes', async () => {
    const ask = await start('127.0.0.1');
    for (const path of ['/metrics', '/nowhere', '/%zz', '*']) {
      expect((await ask(path, { host: 'evil.example' })).status).toBe(403);
      expect((await ask(path, { 'x-forwarded-for': '192.0.2.7' })).status).toBe(403);
    }
    expect((await ask('/metrics', { host: 'localhost:80' })).status).toBe(200);
    for (const path of ['/healthz', '/readyz'])
      expect((await ask(path, { host: 'evil.example' })).status).toBe(200);
  });

  it('lets nothing of its answers be embedded, guessed at, kept or told to others', async () => {
    const ask = await start('127.0.0.1');
    for (const path of ['/metrics', '/healthz', '/nowhere', '/%zz'])
      expect((await ask(path)).headers).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
  });

  it('does not repeat an address that cannot be read', async () => {
    const { status, text } = await (await start('127.0.0.1'))('/%zz<script>');
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { status: 400, message: 'this is no address that can be read' },
    ]);
  });
});

describe('a guard', () => {
  it('is asked before anything else, whatever the address', async () => {
    const seen: string[] = [];
    const ask = await start('127.0.0.1', (asked, reply) => {
      seen.push(asked.url);
      void reply.code(401).send({});
    });
    for (const path of ['/healthz', '/nowhere', '/%zz', '*', '//', '/x?y'])
      expect((await ask(path)).status).toBe(401);
    expect(seen).toEqual(['/healthz', '/nowhere', '/%zz', '/*', '//', '/x?y']);
  });
});

describe('a service that listens for other machines', () => {
  it('is asked under any name', async () => {
    const ask = await start('0.0.0.0');
    expect((await ask('/metrics', { host: 'assembler-0.kaizen' })).status).toBe(200);
  });
});
