import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  anEvent,
  json,
  lines,
  ndjson,
  openGatewayFixture,
  sendCounting,
  type GatewayFixture,
  type RawRequest,
} from './testing/gateway-fixture.js';

describe('POST /v1/events', () => {
  let shared: GatewayFixture;
  beforeAll(async () => {
    shared = await openGatewayFixture();
  });
  afterAll(() => shared.close());

  let runs = 0;
  const post = (request: RawRequest) => sendCounting(shared, request);
  const traceId = () => `trace-${(runs += 1)}`;

  it('answers 202 when the events of NDJSON are in the log, keyed by trace_id', async () => {
    const id = traceId();
    const body = ndjson(
      anEvent({ trace_id: id, event_id: 'one' }),
      '',
      anEvent({ trace_id: id, event_id: 'two' }),
    );
    const answer = await post({ headers: lines, body });
    expect(answer).toMatchObject({ status: 202, body: { accepted: 2, rejected: [] }, added: 2 });
    const mine = (await shared.events()).filter((event) => event.traceId === id);
    expect(mine.map(({ eventId }) => eventId)).toEqual(['one', 'two']);
  });

  it('takes a JSON array and a single object', async () => {
    expect(await post({ headers: json, body: JSON.stringify([anEvent(), anEvent()]) })).toMatchObject({
      status: 202,
      body: { accepted: 2, rejected: [] },
      added: 2,
    });
    expect(await post({ headers: json, body: JSON.stringify(anEvent()) })).toMatchObject({
      status: 202,
      added: 1,
    });
  });

  it('fills in event_id, trace_id and timestamp', async () => {
    const marker = traceId();
    const began = Date.now();
    const body = JSON.stringify({ event_type: 'Pre_Tool_Use', agent_id: marker });
    expect(await post({ headers: json, body })).toMatchObject({ status: 202, added: 1 });
    const event = (await shared.events()).find(({ agentId }) => agentId === marker);
    expect(event?.eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(event?.traceId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(event?.eventType).toBe('pre_tool_use');
    const milliseconds = Number(event?.timestamp ?? 0n) / 1_000;
    expect(milliseconds).toBeGreaterThanOrEqual(began);
    expect(milliseconds).toBeLessThanOrEqual(Date.now());
  });

  it('takes the good lines beside bad ones, and names line, field and reason of each bad one', async () => {
    const body = Buffer.concat([
      Buffer.from(ndjson(anEvent(), '{"event_type":', '', anEvent({ agent_id: 7 }), '[]', '"x"')),
      Buffer.from('\n{"event_type":"pre_x","agent_id":"\xff"}\n', 'latin1'),
      Buffer.from(
        ndjson(
          anEvent({ result: { success: false } }),
          anEvent({ event_type: 'post_x', result: { success: 1 } }),
        ),
      ),
      Buffer.from(`\n{"pad":"${'x'.repeat(5 * 1024 * 1024)}"}\n`),
      Buffer.from(JSON.stringify(anEvent())),
    ]);
    const { status, body: report, added } = await post({ headers: lines, body });
    expect([status, added]).toEqual([202, 2]);
    const { accepted, rejected } = report as {
      accepted: number;
      rejected: { line: number; field: string | null; reason: string }[];
    };
    expect(accepted).toBe(2);
    expect(rejected.map(({ line, field }) => [line, field])).toEqual([
      [2, null],
      [4, 'agent_id'],
      [5, null],
      [6, null],
      [7, null],
      [8, 'result'],
      [9, 'result.success'],
      [10, null],
    ]);
    for (const { reason } of rejected) expect(reason).not.toBe('');
  });

  it('refuses one event over 512 KiB and takes its neighbour', async () => {
    const body = ndjson(anEvent({ data: { text: 'x'.repeat(600 * 1024) } }), anEvent());
    const { status, body: report, added } = await post({ headers: lines, body });
    expect([status, added]).toEqual([202, 1]);
    expect(report).toMatchObject({ accepted: 1, rejected: [{ line: 1, field: null }] });
  });

  it.each([
    { name: 'an empty body', headers: lines, body: '', rejected: [] },
    { name: 'blank lines', headers: lines, body: '\n \n', rejected: [] },
    { name: 'an empty array', headers: json, body: ' [ ] ', rejected: [] },
    { name: 'an empty JSON body', headers: json, body: '', rejected: [] },
    {
      name: 'only bad lines',
      headers: lines,
      body: '1\n{}',
      rejected: [{ line: 1 }, { line: 2, field: 'event_type' }],
    },
    {
      name: 'only bad items',
      headers: json,
      body: '[1, {}]',
      rejected: [{ line: 1 }, { line: 2, field: 'event_type' }],
    },
  ])('answers 400 to $name', async ({ headers, body, rejected }) => {
    expect(await post({ headers, body })).toMatchObject({
      status: 400,
      body: { accepted: 0, rejected },
      added: 0,
    });
  });

  it.each([
    ['that ends too early', `[${JSON.stringify(anEvent())},`, 2],
    ['with a broken item', `[${JSON.stringify(anEvent())},{"a":}]`, 2],
    ['with a comma at its end', `[${JSON.stringify(anEvent())},]`, 2],
    ['followed by something', `[${JSON.stringify(anEvent())}] x`, 2],
    ['that is no JSON', 'event_type=pre_x', 1],
  ])('refuses a JSON document %s as a whole', async (_name, body, line) => {
    expect(await post({ headers: json, body })).toMatchObject({
      status: 400,
      body: { accepted: 0, rejected: [{ line, field: null }] },
      added: 0,
    });
  });

  it.each(['application/json; charset=utf-8', 'APPLICATION/JSON ;;x', 'application/json; "'])(
    'ignores the parameters of %s',
    async (type) => {
      expect(
        await post({ headers: { 'content-type': type }, body: JSON.stringify(anEvent()) }),
      ).toMatchObject({
        status: 202,
      });
    },
  );

  it.each([
    [{ 'content-type': 'text/plain' }],
    [{ 'content-type': 'application/jsonx' }],
    [{}],
    [{ ...json, 'content-encoding': 'br' }],
    [{ ...json, 'content-encoding': 'gzip, gzip' }],
  ])('answers 415 to %j', async (headers) => {
    expect(await post({ headers, body: JSON.stringify(anEvent()) })).toMatchObject({ status: 415, added: 0 });
  });

  it.each(['x', '/', 'application/json, text/plain', 'application/'])(
    'names the types it takes to the type %j',
    async (type) => {
      const answer = await post({ headers: { 'content-type': type }, body: JSON.stringify(anEvent()) });
      expect(answer).toMatchObject({ status: 415, added: 0 });
      expect(answer.body).toEqual({ status: 415, message: expect.stringContaining('application/x-ndjson') });
    },
  );

  const many = ndjson(...Array.from({ length: 2_000 }, () => anEvent()));
  const twice = (pack: (text: string) => Buffer): Buffer => Buffer.concat([pack(`${many}\n`), pack(many)]);
  it.each([
    { coding: 'identity', body: Buffer.from(many), count: 2_000 },
    { coding: 'gzip', body: gzipSync(many), count: 2_000 },
    { coding: 'x-gzip', body: twice(gzipSync), count: 4_000 },
    { coding: 'zstd', body: zstdCompressSync(many), count: 2_000 },
    { coding: 'ZSTD', body: twice(zstdCompressSync), count: 4_000 },
  ])('unpacks all of a body of coding $coding: $count events', async ({ coding, body, count }) => {
    expect(await post({ headers: { ...lines, 'content-encoding': coding }, body })).toMatchObject({
      status: 202,
      body: { accepted: count, rejected: [] },
      added: count,
    });
  });

  it.each([
    ['gzip', gzipSync(many).subarray(0, -9)],
    ['gzip', Buffer.from(many)],
    ['gzip', Buffer.concat([gzipSync(many), Buffer.from('garbage')])],
    ['gzip', Buffer.alloc(0)],
    ['zstd', zstdCompressSync(many).subarray(0, -1)],
    ['zstd', Buffer.concat([zstdCompressSync(many), Buffer.from('garbage')])],
    ['zstd', Buffer.from(many)],
  ])('refuses broken %s whole and appends nothing of it (%#)', async (coding, body) => {
    const answer = await post({ headers: { ...lines, 'content-encoding': coding }, body });
    expect(answer).toMatchObject({ status: 400, body: { accepted: 0 }, added: 0 });
  });
});
