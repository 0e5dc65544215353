import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
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

const gatewayWith = async (
  text: string,
  apiKeys: readonly string[] = [],
  operated = false,
): Promise<GatewayFixture> => {
  await writeFile(file, text);
  const fixture = await openGatewayFixture({ apiKeysFile: file, apiKeys, operated });
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
    const fixture = await gatewayWith(keyLine('canary-one', { services: ['checkout'] }), ['canary-plain']);
    const { post } = asking(fixture);
    const mine = anEvent({ service_name: 'checkout' });
    const foreign = anEvent({ service_name: 'payments' });
    expect((await post('canary-one', mine)).status).toBe(202);
    expect((await post('canary-plain', foreign)).status).toBe(202);
    const refused = await post('canary-one', foreign);
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
      403,
      { accepted: 0, rejected: [{ line: 1, field: 'service_name' }] },
    ]);
    const mixed = await post('canary-one', mine, foreign);
    expect([mixed.status, JSON.parse(mixed.text)]).toMatchObject([
      202,
      { accepted: 1, rejected: [{ line: 2, field: 'service_name' }] },
    ]);
    expect((await post('canary-two', mine)).status).toBe(401);
    expect((await fixture.events()).map(({ serviceName }) => serviceName)).toEqual([
      'checkout',
      'payments',
      'checkout',
    ]);
    expect(fixture.logLines.join('')).not.toMatch(/canary/);
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

describe('what is under way when its key is taken back', () => {
  it('ends as it began where it sends events', async () => {
    const fixture = await gatewayWith(keyLine('old'));
    const { post } = asking(fixture);
    const body = ndjson(anEvent(), anEvent());
    const slow = request(`${fixture.gateway.url}/v1/events`, {
      method: 'POST',
      agent: false,
      headers: { ...lines, authorization: 'Bearer old', 'content-length': String(Buffer.byteLength(body)) },
    });
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    slow.write(body.slice(0, 20));
    await replaceFile(keyLine('new'));
    await eventually('old is refused', 10_000, async () => (await post('old', anEvent())).status === 401);
    slow.end(body.slice(20));
    const [answer] = await answered;
    answer.resume();
    expect(answer.statusCode).toBe(202);
  }, 20_000);

  it('is cut where it listens, and stays where its key does', async () => {
    const fixture = await gatewayWith(
      keyLine('old', { operations: ['read'] }) +
        keyLine('narrowed', { operations: ['read'] }) +
        keyLine('kept', { operations: ['read'] }),
      [],
      true,
    );
    const heard = new Map<string, { text: string; ended: boolean }>();
    for (const key of ['old', 'narrowed', 'kept']) {
      const state = { text: '', ended: false };
      heard.set(key, state);
      const asked = request(`${fixture.gateway.url}/api/pipeline/events`, {
        agent: false,
        headers: { authorization: `Bearer ${key}` },
      });
      asked.on('error', () => undefined).end();
      const [stream] = (await once(asked, 'response')) as [IncomingMessage];
      expect(stream.statusCode).toBe(200);
      stream.on('data', (chunk: Buffer) => (state.text += chunk.toString()));
      stream.on('close', () => (state.ended = true)).on('error', () => undefined);
      await eventually(`${key} hears something`, 10_000, () => state.text.includes('event: '));
    }
    await replaceFile(
      keyLine('narrowed', { operations: ['ingest'] }) + keyLine('kept', { operations: ['read'] }),
    );
    const isCut = (key: string): boolean => heard.get(key)?.ended === true;
    await eventually('two are cut', 10_000, () => isCut('old') && isCut('narrowed'));
    expect(isCut('kept')).toBe(false);
  }, 40_000);
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

  it('of bytes counts hooks too, also those that do not say how long they are', async () => {
    const fixture = await gatewayWith(keyLine('slow', { bytes_per_second: 100 }));
    const { ask } = asking(fixture);
    const hook = (body: string) =>
      send(fixture.gateway, {
        path: '/v1/hooks/claude-code',
        headers: { ...json, authorization: 'Bearer slow', 'transfer-encoding': 'chunked' },
        body,
      });
    const aHook = { hook_event_name: 'SessionStart', session_id: 's', pad: 'x'.repeat(5_000) };
    expect((await hook(JSON.stringify(aHook))).status).toBe(200);
    const answer = await ask('slow', '/v1/hooks/claude-code', 'POST');
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(40);
  });

  it('of bytes counts of a body that says that it is endless no more than would be read of it', async () => {
    const fixture = await gatewayWith(keyLine('slow', { bytes_per_second: 1024 ** 2 }));
    const { post } = asking(fixture);
    const headers = { ...lines, authorization: 'Bearer slow', 'content-length': '999999999999' };
    expect((await send(fixture.gateway, { headers, body: '' }).catch(() => ({ status: 413 }))).status).toBe(
      413,
    );
    const answer = await post('slow', anEvent());
    expect(answer.status).toBe(429);
    // 16 MiB at 1 MiB a second, not eleven days.
    expect(Number(answer.headers['retry-after'])).toBeLessThan(20);
  });

  it('keeps nothing of keys that are wrong', async () => {
    const fixture = await gatewayWith(keyLine('slow', { requests_per_second: 0.1 }));
    const { post } = asking(fixture);
    for (let n = 0; n < 50; n += 1) expect((await post(`wrong-${n}`, anEvent())).status).toBe(401);
    expect((await post('slow', anEvent())).status).toBe(202);
  });

  it('comes back with time', async () => {
    const { post } = asking(await gatewayWith(keyLine('slow', { requests_per_second: 2 })));
    await eventually('it is used up', 10_000, async () => (await post('slow', anEvent())).status === 429);
    await eventually('it is back', 10_000, async () => (await post('slow', anEvent())).status === 202);
  });
});
