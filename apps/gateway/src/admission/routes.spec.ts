import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openGatewayFixture, type GatewayFixture } from '../testing/gateway-fixture.js';

/** Who asks: without a key, with one that nobody knows, and with one for each operation. */
const callers = ['nobody', 'stranger', 'ingest', 'read', 'operate'] as const;

type Statuses = readonly [nobody: number, stranger: number, ingest: number, read: number, operate: number];

const open: Statuses = [200, 200, 200, 200, 200];
const reading: Statuses = [401, 401, 403, 200, 403];

/** Every route, and what each caller gets there. A route that is not in it fails the test below. */
const table: Readonly<Record<string, Statuses>> = {
  'GET /healthz': open,
  'GET /readyz': open,
  'GET /metrics': reading,
  // An empty body has no event, and an empty hook is passed over.
  'POST /v1/events': [401, 401, 400, 403, 403],
  'POST /v1/hooks/claude-code': [401, 401, 200, 403, 403],
  'GET /api/open-operations': reading,
  'GET /api/open-operations/events': reading,
  'GET /api/pipeline': reading,
  'GET /api/pipeline/events': reading,
  'GET /api/dead-letters': reading,
  'GET /api/dead-letters/:partition/:offset': [401, 401, 403, 404, 403],
  // An empty body is no JSON.
  'POST /api/dead-letters/redrive': [401, 401, 403, 403, 400],
  'GET /api/replays': reading,
  'POST /api/replays': [401, 401, 403, 403, 400],
  'GET /api/replays/:id': [401, 401, 403, 404, 403],
  'GET /api/replays/:id/events': [401, 401, 403, 404, 403],
  'DELETE /api/replays/:id': [401, 401, 403, 403, 404],
};

let directory = '';
let fixture: GatewayFixture;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kaizen-routes-'));
  const file = join(directory, 'keys');
  const line = (operation: string): string => {
    const sha256 = createHash('sha256').update(`${operation}-secret`).digest('hex');
    return JSON.stringify({ name: operation, sha256, operations: [operation] });
  };
  await writeFile(file, ['ingest', 'read', 'operate'].map(line).join('\n'));
  fixture = await openGatewayFixture({ apiKeysFile: file, operated: true, level: 'trace' });
});
afterAll(async () => {
  await fixture.close();
  await rm(directory, { recursive: true, force: true });
});

/** The routes that the framework says it has. */
const routes = (): readonly string[] =>
  fixture.logLines.flatMap((line) => {
    const match = /Mapped \{(.+), ([A-Z]+)\} route/.exec(line);
    return match === null ? [] : [`${match[2]} ${match[1]}`];
  });

interface Asking {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Only the head of the answer: some never end. */
const statusOf = ({ method, path, headers }: Asking): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request(`${fixture.gateway.url}${path}`, { method, agent: false, headers });
    asked.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    asked.on('error', reject).end();
  });

const headersOf = (caller: (typeof callers)[number]): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  ...(caller === 'nobody' ? {} : { authorization: `Bearer ${caller}-secret` }),
});

const pathOf = (route: string): string => route.replaceAll(/:\w+/g, '0');

const headOf = (line: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(fixture.gateway.port, '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    socket.on('close', () => resolve(heard.split('\r\n', 1)[0] ?? '')).on('error', reject);
    socket.write(`${line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  });

describe('every route of the gateway', () => {
  it('is in the table of who may use it', () => {
    expect([...routes()].sort()).toEqual(Object.keys(table).sort());
  });

  it.each(Object.entries(table))('%s answers each caller as the table says', async (route, statuses) => {
    const [method = '', path = ''] = route.split(' ');
    const asked = callers.map((caller) =>
      statusOf({ method, path: pathOf(path), headers: headersOf(caller) }),
    );
    expect(await Promise.all(asked)).toEqual(statuses);
  });

  it.each([
    'GET /nowhere',
    'PUT /metrics',
    'GET /v1/hooks',
    'OPTIONS /api/pipeline',
    'TRACE /',
    'PROPFIND /api',
  ])('%s, which is none, tells nobody so without a key', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    for (const caller of ['nobody', 'stranger'] as const)
      expect(await statusOf({ method, path, headers: headersOf(caller) })).toBe(401);
  });

  it.each([
    'GET *',
    'GET /%zz',
    'GET /api/replays/%',
    `GET /api/replays/${'x'.repeat(3_000)}`,
    'POST /v1/%e0%a4%a',
    'GET //metrics',
    'GET /metrics/',
    'GET /METRICS',
    'GET http://other.example/metrics',
    'GET /healthz/../metrics',
    'GET /healthz%2f..%2fmetrics',
  ])('%s is no way around the key', async (line) => {
    expect(await headOf(line)).toBe('HTTP/1.1 401 Unauthorized');
  });
});

describe('what the log says of it', () => {
  it('is how many were denied, and nothing of any request', async () => {
    const told = 'leak-canary';
    for (const caller of ['nobody', 'stranger', 'read'] as const)
      for (const path of [`/${told}`, `/metrics?${told}=${told}`, `/v1/events`, `/%zz${told}`])
        await statusOf({
          method: path === '/v1/events' ? 'POST' : 'GET',
          path,
          headers: { ...headersOf(caller), 'x-other': told, cookie: told, 'user-agent': told, referer: told },
        });
    await headOf(`GET /${told}?${told}`);
    await headOf(`GET ${told}`);
    const lines = fixture.logLines.join('');
    expect(lines).toContain('requests were denied');
    expect(lines).not.toMatch(new RegExp(`${told}|-secret|authorization`, 'i'));
    const denials = fixture.logLines.filter((line) => line.includes('denied'));
    for (const line of denials) {
      const { denied, level, msg, service, time, ...rest } = JSON.parse(line) as Record<string, unknown>;
      expect([level, msg, service, rest]).toEqual(['warn', 'requests were denied', 'gateway', {}]);
      expect(Object.keys(denied as object).every((status) => ['401', '403', '429'].includes(status))).toBe(
        true,
      );
      expect(typeof time).toBe('string');
    }
    // The rest of this minute's is gathered.
    expect(denials).toHaveLength(1);
  });
});
