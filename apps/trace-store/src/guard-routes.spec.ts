import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@kaizen-trace/service-kit';
import type { RunningTraceStore } from './open-trace-store.js';
import { runningStore } from './testing/running-store.js';

const key = 'query-secret';

/** Routes that everyone may ask, with a key and without. */
const open = ['GET /healthz', 'GET /readyz'];

const pages = ['/', '/search', '/trace/:id', '/compare'];
const sections = ['running', 'pipeline', 'dead-letters', 'replay'];
const operating = ['open-operations', 'pipeline', 'dead-letters', 'replays'];

/** Every other route. One that stands neither here nor above fails the test below. */
const guarded = [
  'GET /metrics',
  'GET /assets/:name',
  ...pages.map((path) => `GET ${path}`),
  ...sections.flatMap((name) => [`GET /${name}`, `GET /${name}/*`]),
  ...[
    'services',
    'services/:service/operations',
    'operations',
    'traces',
    'traces/:traceId',
    'dependencies',
  ].map((path) => `GET /api/${path}`),
  ...operating.flatMap((name) => [`ALL /api/${name}`, `ALL /api/${name}/*`]),
];

const logLines: string[] = [];
let store: RunningTraceStore;

beforeAll(async () => {
  const sink = { write: (line: string) => void logLines.push(line) };
  const logger = createLogger({ service: 'trace-store', level: 'trace', format: 'json', sink });
  store = await runningStore({ queryKeys: [key], logger });
});
afterAll(() => store.close());

const routes = (): readonly string[] =>
  logLines.flatMap((line) => {
    const match = /Mapped \{(.+), ([A-Z]+)\} route/.exec(line);
    return match === null ? [] : [`${match[2]} ${match[1]}`];
  });

const statusOf = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: store.queryPort, method, path, headers, agent: false });
    asked.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    asked.on('error', reject).end();
  });

const headOf = (line: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(store.queryPort, '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    socket.on('close', () => resolve(heard)).on('error', reject);
    socket.write(`${line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  });

const bearer = { authorization: `Bearer ${key}` };
const login = { authorization: `Basic ${Buffer.from(`anyone:${key}`).toString('base64')}` };
const wrong = { authorization: 'Bearer stranger-secret' };

const asked = (route: string): readonly [method: string, path: string] => {
  const [method = '', path = ''] = route.split(' ');
  return [method === 'ALL' ? 'GET' : method, path.replaceAll(/:\w+|\*/g, '0')];
};

describe('every route of the trace store', () => {
  it('is in the table of who may use it', () => {
    expect([...routes()].sort()).toEqual([...open, ...guarded].sort());
  });

  it.each(open)('%s is for everyone', async (route) => {
    for (const headers of [{}, wrong, bearer]) expect(await statusOf(...asked(route), headers)).toBe(200);
  });

  it.each(guarded)('%s wants a key', async (route) => {
    for (const headers of [{}, wrong]) expect(await statusOf(...asked(route), headers)).toBe(401);
    for (const headers of [bearer, login])
      expect([401, 403]).not.toContain(await statusOf(...asked(route), headers));
  });

  it.each([
    'GET *',
    'GET /%zz',
    'GET /api/traces/%',
    `GET /api/traces/${'x'.repeat(8_000)}`,
    'GET //api/services',
    'GET /API/services',
    'GET /api/services/',
    'GET http://other.example/api/services',
    'GET /healthz/../api/services',
    'OPTIONS /api/services',
    'POST /v1/events',
  ])('%s is no way around the key, and is guarded like any answer', async (line) => {
    const answer = await headOf(line);
    expect(answer).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
    expect(answer).toContain("content-security-policy: default-src 'none'");
    expect(answer).toContain('x-content-type-options: nosniff');
  });
});

describe('a login, which a browser adds by itself', () => {
  it('changes nothing for the page of another site', async () => {
    const from = (site: string) => ({ ...login, 'content-type': 'application/json', 'sec-fetch-site': site });
    for (const path of ['/api/dead-letters/redrive', '/api/replays']) {
      for (const site of ['cross-site', 'same-site'])
        expect(await statusOf('POST', path, from(site))).toBe(403);
      // Nothing forbids it here; there is just no gateway.
      for (const site of ['same-origin', 'none']) expect(await statusOf('POST', path, from(site))).toBe(503);
      expect(await statusOf('DELETE', path, from('cross-site'))).toBe(403);
    }
    expect(await statusOf('GET', '/api/services', from('cross-site'))).toBe(200);
  });
});

describe('what the log says of it', () => {
  it('is how many were denied, and nothing of any request or answer', async () => {
    const told = 'leak-canary';
    const loud = { cookie: told, referer: told, 'user-agent': told, 'x-api-key': told };
    for (const path of [`/${told}`, `/?${told}`, `/api/traces/${told}`, `/assets/${told}.js`, `/%zz${told}`])
      for (const headers of [loud, { ...loud, ...bearer }]) await statusOf('GET', path, headers);
    await statusOf(
      'GET',
      `/api/traces?service=${told}&tags=%7B%22a%22%3A%22${told}%22%7D&limit=${told}`,
      bearer,
    );
    const lines = logLines.join('');
    expect(lines).toContain('requests were denied');
    expect(lines).not.toMatch(new RegExp(`${told}|${key}|stranger`));
    expect(logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

describe('a file of the console', () => {
  it.each([
    '..%2f..%2fpackage.json',
    '%2e%2e%2findex.html',
    '..%5cindex.html',
    'index.js%00.css',
    '.env',
    '..',
    `${'a'.repeat(300)}.js`,
    `${'a'.repeat(4_000)}.js`,
    '__proto__.js',
    'constructor',
  ])('is none at %s', async (name) => {
    expect(await statusOf('GET', `/assets/${name}`, bearer)).toBe(404);
  });
});
