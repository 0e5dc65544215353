import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@kaizen-trace/testkit';
import {
  anEvent,
  json,
  lines,
  ndjson,
  openGatewayFixture,
  send,
  type GatewayFixture,
} from '../testing/gateway-fixture.js';

const keyLine = (key: string, fields: Readonly<Record<string, unknown>> = {}): string =>
  `${JSON.stringify({ name: 'test', sha256: createHash('sha256').update(key).digest('hex'), ...fields })}\n`;

let directory = '';
let file = '';
let open: GatewayFixture[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kaizen-keys-'));
  file = join(directory, 'keys');
});
afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  open = [];
  await rm(directory, { recursive: true, force: true });
});

const gatewayWith = async (text: string, apiKeys: readonly string[] = []): Promise<GatewayFixture> => {
  await writeFile(file, text);
  const fixture = await openGatewayFixture({ apiKeysFile: file, apiKeys });
  open.push(fixture);
  return fixture;
};

/** As an editor or Kubernetes does it: in one step. */
const replaceFile = async (text: string): Promise<void> => {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
};

const asking = (fixture: GatewayFixture) => {
  const withKey = (key: string) => ({ authorization: `Bearer ${key}` });
  return {
    post: (key: string, ...events: readonly unknown[]) =>
      send(fixture.gateway, { headers: { ...lines, ...withKey(key) }, body: ndjson(...events) }),
    ask: (key: string, path: string, method = 'GET') =>
      send(fixture.gateway, { method, path, headers: { ...json, ...withKey(key) } }),
  };
};

describe('a key of the file', () => {
  it('is asked for beside those of the environment, and writes as its own services only', async () => {
    const fixture = await gatewayWith(keyLine('one', { services: ['checkout'] }), ['plain']);
    const { post } = asking(fixture);
    const mine = anEvent({ service_name: 'checkout' });
    const foreign = anEvent({ service_name: 'payments' });
    expect((await post('one', mine)).status).toBe(202);
    expect((await post('plain', foreign)).status).toBe(202);
    const refused = await post('one', foreign);
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
      403,
      { accepted: 0, rejected: [{ line: 1, field: 'service_name' }] },
    ]);
    const mixed = await post('one', mine, foreign);
    expect([mixed.status, JSON.parse(mixed.text)]).toMatchObject([
      202,
      { accepted: 1, rejected: [{ line: 2, field: 'service_name' }] },
    ]);
    expect((await post('two', mine)).status).toBe(401);
    expect((await fixture.events()).map(({ serviceName }) => serviceName)).toEqual([
      'checkout',
      'payments',
      'checkout',
    ]);
    expect(fixture.logLines.join('')).not.toMatch(/one|two|plain|401|403/);
  });

  it('gives its only service to events that name none, and refuses them where it has several', async () => {
    const fixture = await gatewayWith(
      keyLine('one', { services: ['checkout'] }) + keyLine('several', { services: ['a', 'b'] }),
    );
    const { post } = asking(fixture);
    expect((await post('one', anEvent())).status).toBe(202);
    expect((await post('several', anEvent())).status).toBe(403);
    expect((await fixture.events()).map(({ serviceName }) => serviceName)).toEqual(['checkout']);
  });

  it('does what its operations say, however the path is written', async () => {
    const fixture = await gatewayWith(keyLine('in') + keyLine('look', { operations: ['read'] }));
    const { post, ask } = asking(fixture);
    expect((await post('in', anEvent())).status).toBe(202);
    expect((await post('look', anEvent())).status).toBe(403);
    expect((await ask('in', '/metrics')).status).toBe(403);
    expect((await ask('in', '/%6detrics')).status).toBe(403);
    expect((await ask('look', '/metrics')).status).toBe(200);
    expect((await ask('look', '/v1/%65vents', 'POST')).status).toBe(403);
    expect((await ask('look', '/api/dead-letters/redrive', 'POST')).status).toBe(403);
    expect((await ask('nobody', '/healthz')).status).toBe(200);
  });

  it('takes hooks of Claude Code where it may write as claude-code', async () => {
    const fixture = await gatewayWith(
      keyLine('one', { services: ['checkout'] }) + keyLine('hooks', { services: ['claude-code'] }),
    );
    const { ask } = asking(fixture);
    expect((await ask('one', '/v1/hooks/claude-code', 'POST')).status).toBe(403);
    expect((await ask('hooks', '/v1/hooks/claude-code', 'POST')).status).toBe(200);
  });
});

describe('rotation', () => {
  it('makes keys valid as they come and go, and keeps the old ones while the file is broken', async () => {
    const fixture = await gatewayWith(keyLine('old'));
    const { post } = asking(fixture);
    const answers = async (key: string, status: number) =>
      eventually(`${key} gets ${status}`, 10_000, async () => (await post(key, anEvent())).status === status);
    await replaceFile(keyLine('old') + keyLine('new'));
    await answers('new', 202);
    expect((await post('old', anEvent())).status).toBe(202);
    await replaceFile('{"name": "broken-secret"');
    await eventually('the log says so', 10_000, () =>
      Promise.resolve(fixture.logLines.join('').includes('the key file is broken')),
    );
    expect((await post('new', anEvent())).status).toBe(202);
    await rm(file);
    await eventually('the log says that it is gone', 10_000, () =>
      Promise.resolve(fixture.logLines.join('').includes('ENOENT')),
    );
    expect((await post('old', anEvent())).status).toBe(202);
    await replaceFile(keyLine('new'));
    await answers('old', 401);
    expect(fixture.logLines.join('')).not.toContain('broken-secret');
  }, 40_000);

  it('never begins with a broken file', async () => {
    await expect(gatewayWith('\n')).rejects.toThrow('KAIZEN_API_KEYS_FILE');
    await expect(
      openGatewayFixture({ apiKeysFile: join(directory, 'nowhere') }).then((each) => open.push(each)),
    ).rejects.toThrow('ENOENT');
  });
});

describe('a rate', () => {
  it('of requests ends in 429 with Retry-After, for that key alone', async () => {
    const fixture = await gatewayWith(keyLine('slow', { requests_per_second: 0.1 }) + keyLine('fast'));
    const { post } = asking(fixture);
    expect((await post('slow', anEvent())).status).toBe(202);
    const answer = await post('slow', anEvent());
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(9);
    expect((await post('fast', anEvent())).status).toBe(202);
    expect((await fixture.events()).length).toBe(2);
  });

  it('of bytes counts what a body is unpacked', async () => {
    const fixture = await gatewayWith(keyLine('slow', { bytes_per_second: 100 }));
    const { post } = asking(fixture);
    const body = gzipSync(ndjson(anEvent({ data: { pad: 'x'.repeat(5_000) } })));
    const headers = { ...lines, authorization: 'Bearer slow', 'content-encoding': 'gzip' };
    expect(body.length).toBeLessThan(200);
    expect((await send(fixture.gateway, { headers, body })).status).toBe(202);
    const answer = await post('slow', anEvent());
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(40);
  });

  it('comes back with time', async () => {
    const { post } = asking(await gatewayWith(keyLine('slow', { requests_per_second: 2 })));
    await eventually('it is used up', 10_000, async () => (await post('slow', anEvent())).status === 429);
    await eventually('it is back', 10_000, async () => (await post('slow', anEvent())).status === 202);
  });
});
