import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  anEvent,
  lines,
  ndjson,
  openGatewayFixture,
  send,
  type GatewayFixture,
} from '../testing/gateway-fixture.js';

const keyLine = (key: string, fields: Readonly<Record<string, unknown>>): string =>
  `${JSON.stringify({ name: key, sha256: createHash('sha256').update(key).digest('hex'), ...fields })}\n`;

let directory = '';
let fixture: GatewayFixture;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kaizen-denied-'));
});
afterEach(async () => {
  await fixture.close();
  await rm(directory, { recursive: true, force: true });
});

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

const deniedBy = async (headers: Readonly<Record<string, string>>) => {
  const { text } = await send(fixture.gateway, { method: 'GET', path: '/metrics', headers });
  const found = text.matchAll(/^kaizen_gateway_denied_requests_total\{status="(\d+)",.*\} (\d+)$/gm);
  return Object.fromEntries<number>([...found].map(([, status = '', count]) => [status, Number(count)]));
};

const statusOf = async (request: Parameters<typeof send>[1]): Promise<number> =>
  (await send(fixture.gateway, request)).status;

describe('what the gateway denies', () => {
  it('is counted by status on every route, also that of no route, and nothing of the request gets into it', async () => {
    const file = join(directory, 'keys');
    await writeFile(
      file,
      keyLine('look', { operations: ['read'] }) +
        keyLine('mine', { services: ['mine'] }) +
        keyLine('slow', { requests_per_second: 0.01 }),
    );
    fixture = await openGatewayFixture({ apiKeysFile: file });
    expect(await deniedBy(bearer('look'))).toEqual({ 401: 0, 403: 0, 429: 0 });
    const event = { headers: { ...lines }, body: ndjson(anEvent({ service_name: 'theirs' })) };
    const asking = (key: string) => ({ ...event, headers: { ...event.headers, ...bearer(key) } });
    expect(await statusOf(event)).toBe(401);
    expect(await statusOf(asking('guessed'))).toBe(401);
    for (const path of ['/metrics', '/api/pipeline', '/nowhere/secret', '/%c0'])
      expect([path, await statusOf({ method: 'GET', path })]).toEqual([path, 401]);
    expect(await statusOf(asking('look'))).toBe(403);
    expect(await statusOf(asking('mine'))).toBe(403);
    expect(await statusOf(asking('slow'))).toBe(202);
    expect(await statusOf(asking('slow'))).toBe(429);
    expect(await statusOf({ method: 'GET', path: '/nowhere', headers: bearer('look') })).toBe(404);
    expect(await deniedBy(bearer('look'))).toEqual({ 401: 6, 403: 2, 429: 1 });
    const { text } = await send(fixture.gateway, {
      method: 'GET',
      path: '/metrics',
      headers: bearer('look'),
    });
    expect(text).not.toMatch(/secret|guessed|theirs|mine/);
  });

  it('is counted without keys too: who names another host, and bodies for which there is no room', async () => {
    fixture = await openGatewayFixture({ maxInFlightBytes: 1024 ** 2, maxBodyBytes: 1024 ** 2 });
    const body = ' '.repeat(900 * 1024);
    expect(await statusOf({ method: 'GET', path: '/metrics', headers: { host: 'evil.example' } })).toBe(403);
    const seen = await Promise.all(
      Array.from({ length: 8 }, () => statusOf({ headers: { ...lines }, body })),
    );
    const crowded = seen.filter((status) => status === 429).length;
    expect(crowded).toBeGreaterThan(0);
    expect(await deniedBy({})).toEqual({ 401: 0, 403: 1, 429: crowded });
  });
});
