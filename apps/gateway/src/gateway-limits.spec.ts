import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { constants, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@kaizen-trace/testkit';
import {
  anEvent,
  json,
  lines,
  metricsOf,
  ndjson,
  openGatewayFixture,
  send,
  sendCounting,
  type GatewayFixture,
  type RawRequest,
} from './testing/gateway-fixture.js';

describe('the limits of POST /v1/events', () => {
  let shared: GatewayFixture;
  beforeAll(async () => {
    shared = await openGatewayFixture();
  });
  afterAll(() => shared.close());

  const post = (request: RawRequest) => sendCounting(shared, request);

  const many = ndjson(...Array.from({ length: 2_000 }, () => anEvent()));

  it('answers 413 to more than 16 MiB, announced, chunked or packed, and appends nothing', async () => {
    const line = `${JSON.stringify(anEvent({ data: { pad: 'x'.repeat(100_000) } }))}\n`;
    const big = Buffer.from(line.repeat(180));
    const chunked = { ...lines, 'transfer-encoding': 'chunked' };
    expect(await post({ headers: { ...lines, 'content-length': big.length }, body: big })).toMatchObject({
      status: 413,
      added: 0,
    });
    expect(await post({ headers: chunked, body: big })).toMatchObject({ status: 413, added: 0 });
    for (const [coding, body] of [
      ['gzip', gzipSync(big)],
      ['zstd', zstdCompressSync(big)],
      ['gzip', gzipSync(Buffer.alloc(200 * 1024 * 1024, 10))],
    ] as const)
      expect(await post({ headers: { ...lines, 'content-encoding': coding }, body })).toMatchObject({
        status: 413,
        added: 0,
      });
  });

  it('refuses a zstd window that no server should have to hold', async () => {
    const compressor = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: 27 } });
    compressor.end(many);
    const body = await buffer(compressor);
    expect(await post({ headers: { ...lines, 'content-encoding': 'zstd' }, body })).toMatchObject({
      status: 400,
      added: 0,
    });
  });

  it('lists very many rejections up to its limit and counts the rest', async () => {
    const { status, body } = await post({ headers: lines, body: '1\n'.repeat(150_000) });
    const report = body as { rejected: unknown[]; rejected_total: number };
    expect([status, report.rejected.length, report.rejected_total]).toEqual([400, 100_000, 150_000]);
  });

  it('answers other methods with 405 and other paths with 404', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await send(shared.gateway, { method });
      expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, 'POST']);
    }
    expect((await send(shared.gateway, { path: '/v1/spans', headers: json, body: '{}' })).status).toBe(404);
  });

  it('asks for the body with 100 Continue only where it will read it', async () => {
    const body = JSON.stringify(anEvent());
    expect(await send(shared.gateway, { headers: { ...json, expect: '100-continue' }, body })).toMatchObject({
      status: 202,
      continued: true,
    });
    const refused = { 'content-type': 'text/plain', 'content-length': body.length, expect: '100-continue' };
    expect(await send(shared.gateway, { headers: refused, body })).toMatchObject({
      status: 415,
      continued: false,
    });
  });

  it('appends nothing of a request whose client goes away', async () => {
    const before = (await shared.events()).length;
    await new Promise<void>((resolve) => {
      const socket = connect(shared.gateway.port, '127.0.0.1', () => {
        socket.write(
          'POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-length: 9999\r\n\r\n',
        );
        socket.write(`${JSON.stringify(anEvent())}\n`, () => setTimeout(() => socket.destroy(), 50));
      });
      socket.on('close', () => resolve());
    });
    await eventually('the gateway sees that nobody waits', 15_000, async () =>
      /request_seconds_count\{service="gateway",status="499"\} [1-9]/.test(await metricsOf(shared)),
    );
    expect((await shared.events()).length).toBe(before);
    expect((await send(shared.gateway, { headers: json, body: JSON.stringify(anEvent()) })).status).toBe(202);
  });

  it('takes many requests at once, each whole', async () => {
    const before = (await shared.events()).length;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send(shared.gateway, { headers: lines, body: many })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect((await shared.events()).length - before).toBe(40_000);
  });

  it('counts what it took and refused', async () => {
    const { text } = await send(shared.gateway, { method: 'GET', path: '/metrics' });
    expect(text).toMatch(/kaizen_gateway_events_total\{outcome="accepted",service="gateway"\} [1-9]/);
    expect(text).toMatch(/kaizen_gateway_rejections_total\{field="line",service="gateway"\} [1-9]/);
    expect(text).toMatch(/kaizen_gateway_request_seconds_count\{service="gateway",status="413"\} [1-9]/);
    expect(text).toContain('kaizen_gateway_in_flight_bytes{service="gateway"} 0');
  });
});
