import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openEmbeddedLog } from '@kaizen-trace/adapter-embedded';
import { eventually } from '@kaizen-trace/testkit';
import {
  anEvent,
  json,
  lines,
  metricsOf,
  ndjson,
  openGatewayFixture,
  send,
  type GatewayFixture,
} from './testing/gateway-fixture.js';

let open: GatewayFixture[] = [];
const gatewayWith = async (...[options]: Parameters<typeof openGatewayFixture>): Promise<GatewayFixture> => {
  const fixture = await openGatewayFixture(options);
  open.push(fixture);
  return fixture;
};
afterEach(async () => {
  await Promise.all(open.map((fixture) => fixture.close()));
  open = [];
});

describe('back-pressure', () => {
  it('answers 429 with Retry-After while too many bytes are in flight, and takes the body afterwards', async () => {
    const fixture = await gatewayWith({ maxBodyBytes: 100_000, maxInFlightBytes: 100_000 });
    const { gateway, events } = fixture;
    const half = connect(gateway.port, '127.0.0.1');
    half.write(
      'POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-length: 99000\r\n\r\n',
    );
    half.write(Buffer.alloc(90_000, 10));
    await eventually('most of the room is taken', 15_000, async () =>
      /in_flight_bytes\{[^}]*\} 9\d{4}/.test(await metricsOf(fixture)),
    );
    const body = ndjson(...Array.from({ length: 200 }, () => anEvent()));
    const refused = await send(gateway, { headers: lines, body });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    expect(
      (await send(gateway, { headers: { ...lines, 'transfer-encoding': 'chunked' }, body })).status,
    ).toBe(429);
    expect(await events()).toEqual([]);
    half.destroy();
    await eventually('the room is free again', 15_000, async () =>
      /in_flight_bytes\{[^}]*\} 0\n/.test(await metricsOf(fixture)),
    );
    expect((await send(gateway, { headers: lines, body })).status).toBe(202);
  });
});

describe('a log that is away', () => {
  it('makes POST answer 503 with Retry-After, and /readyz say so, while /healthz lives', async () => {
    const { gateway, log, logLines } = await gatewayWith();
    expect((await send(gateway, { method: 'GET', path: '/readyz' })).status).toBe(200);
    await log.close();
    const answer = await send(gateway, { headers: json, body: JSON.stringify(anEvent()) });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    const ready = await send(gateway, { method: 'GET', path: '/readyz' });
    expect([ready.status, JSON.parse(ready.text)]).toMatchObject([
      503,
      { checks: { log: { type: 'not-ready' } } },
    ]);
    expect((await send(gateway, { method: 'GET', path: '/healthz' })).status).toBe(200);
    expect(logLines.join('')).toContain('the event log took nothing');
  });
});

describe('a log that refuses a record', () => {
  it('makes it a rejected line, and takes the others', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kaizen-gateway-'));
    const small = await openEmbeddedLog({ directory, maxRecordBytes: 2_000 });
    const { gateway } = await gatewayWith({ events: small.events });
    try {
      const large = anEvent({ data: { text: 'x'.repeat(3_000) } });
      const mixed = await send(gateway, {
        headers: lines,
        body: ndjson(anEvent(), '', large, anEvent(), large),
      });
      expect([mixed.status, JSON.parse(mixed.text)]).toMatchObject([
        202,
        {
          accepted: 2,
          rejected: [
            { line: 3, field: null },
            { line: 5, field: null },
          ],
        },
      ]);
      const none = await send(gateway, { headers: lines, body: ndjson(large) });
      expect([none.status, JSON.parse(none.text)]).toMatchObject([
        400,
        { accepted: 0, rejected: [{ line: 1 }] },
      ]);
    } finally {
      await small.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe('a slow client', () => {
  it('is cut off when its time is up', async () => {
    const { gateway } = await gatewayWith({ requestTimeoutMs: 1_000 });
    const began = Date.now();
    const text = await new Promise<string>((resolve) => {
      let received = '';
      const socket = connect(gateway.port, '127.0.0.1', () =>
        socket.write(
          'POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-length: 99\r\n\r\n{',
        ),
      );
      socket.on('data', (chunk) => (received += chunk.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(received));
    });
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(text).toMatch(/^(HTTP\/1\.1 408|$)/);
  });
});

describe('who may come in', () => {
  it('is everyone on this machine without keys, but not a web page that gave this machine its name', async () => {
    const { gateway } = await gatewayWith();
    const body = JSON.stringify(anEvent());
    for (const host of ['localhost', `127.0.0.1:${gateway.port}`, '[::1]:1', 'kaizen.localhost'])
      expect((await send(gateway, { headers: { ...json, host }, body })).status).toBe(202);
    expect((await send(gateway, { headers: { ...json, host: 'evil.example' }, body })).status).toBe(403);
  });

  it('is never another machine without keys', async () => {
    await expect(gatewayWith({ host: '0.0.0.0' })).rejects.toThrow('KAIZEN_API_KEYS');
  });

  it('is whoever shows one of the keys, and nobody else', async () => {
    const { gateway, events } = await gatewayWith({ apiKeys: ['alpha', 'beta'] });
    const body = JSON.stringify(anEvent());
    for (const headers of [
      { authorization: 'Bearer alpha' },
      { authorization: 'bearer beta' },
      { 'x-api-key': 'beta' },
    ])
      expect(
        (await send(gateway, { headers: { ...json, host: 'any.example', ...headers }, body })).status,
      ).toBe(202);
    const wrong = [
      {},
      { authorization: 'Bearer gamma' },
      { authorization: 'Basic alpha' },
      { 'x-api-key': 'alph' },
      { 'x-api-key': '' },
    ];
    for (const headers of wrong) {
      const answer = await send(gateway, { headers: { ...json, ...headers }, body });
      expect([answer.status, answer.text]).toEqual([401, '{"status":401,"message":"unauthorized"}']);
    }
    expect((await send(gateway, { method: 'GET', path: '/metrics' })).status).toBe(401);
    expect((await send(gateway, { method: 'GET', path: '/healthz' })).status).toBe(200);
    expect((await events()).length).toBe(3);
  });
});
