import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { request, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { QueryAccess } from '@kaizen-trace/settings';
import { eventually, freePorts } from '@kaizen-trace/testkit';
import { runningStore } from '../testing/running-store.js';
import { echo, openUpstream, type TestUpstream } from '../testing/upstream.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const upstream = async (answer: RequestListener): Promise<TestUpstream> => {
  const opened = await openUpstream(answer);
  closers.push(() => opened.close());
  return opened;
};

const consoleAt = async (
  gatewayUrl: string | undefined,
  access: Partial<QueryAccess> = {},
): Promise<string> => {
  const store = await runningStore({ gatewayUrl, ...access });
  closers.push(() => store.close());
  return store.queryUrl;
};

describe('the operating API on the console’s own origin', () => {
  it('passes on what is asked, with the key and where it comes from, and nothing else of the request', async () => {
    const gateway = await upstream(echo);
    const url = await consoleAt(`${gateway.url}/behind/`);
    const answer = await fetch(`${url}/api/dead-letters/redrive?x=1%2F2`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer key-1',
        cookie: 'secret=1',
        origin: 'http://localhost:1',
      },
      body: '{"dry_run":true}',
    });
    expect([answer.status, answer.headers.get('set-cookie'), answer.headers.get('server')]).toEqual([
      201,
      null,
      null,
    ]);
    const seen = (await answer.json()) as Record<string, unknown>;
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/behind/api/dead-letters/redrive?x=1%2F2',
      body: '{"dry_run":true}',
      headers: {
        authorization: 'Bearer key-1',
        origin: 'http://localhost:1',
        'x-forwarded-for': '127.0.0.1',
        'content-length': '16',
      },
    });
    expect(seen.headers).not.toHaveProperty('cookie');
  });

  it('gives a login’s password on as the key, which is all that a gateway knows', async () => {
    const url = await consoleAt((await upstream(echo)).url);
    const login = `Basic ${Buffer.from('anyone:key:2').toString('base64')}`;
    const answer = await fetch(`${url}/api/pipeline`, { headers: { authorization: login } });
    expect(await answer.json()).toMatchObject({ headers: { 'x-api-key': 'key:2' } });
  });

  it('passes on what a proxy on this machine asks for those who may ask, and tells a gateway without keys that they are elsewhere', async () => {
    const gateway = await upstream(echo);
    const key = 'a-key-of-the-console';
    const under = (url: string, host: string, headers: Readonly<Record<string, string>>) =>
      new Promise<readonly [status: number | undefined, forwarded: unknown]>((resolve, reject) => {
        const asked = request(`${url}/api/pipeline`, { agent: false, headers: { host, ...headers } });
        asked.on('error', reject).end();
        asked.on('response', (response) => {
          json(response).then(
            (seen) =>
              resolve([
                response.statusCode,
                (seen as { headers?: IncomingHttpHeaders }).headers?.['x-forwarded-for'],
              ]),
            reject,
          );
        });
      });
    const keyed = await consoleAt(gateway.url, { queryKeys: [key] });
    const authorization = `Bearer ${key}`;
    expect(await under(keyed, 'traces.example', { authorization })).toEqual([201, 'unknown, 127.0.0.1']);
    expect(await under(keyed, 'localhost', { authorization })).toEqual([201, '127.0.0.1']);
    expect(await under(keyed, 'localhost', {})).toEqual([401, undefined]);
    const open = await consoleAt(gateway.url, { queryOpen: ['traces.example'] });
    const forwarded = { 'x-forwarded-for': '127.0.0.1' };
    expect(await under(open, 'traces.example', forwarded)).toEqual([201, 'unknown, 127.0.0.1, 127.0.0.1']);
    expect(await under(open, 'evil.example', {})).toEqual([403, undefined]);
  });

  it('passes nothing on but the operating API, whatever dots the address has', async () => {
    const paths: (string | undefined)[] = [];
    const gateway = await upstream((message, response) => {
      paths.push(message.url);
      response.end('{}');
    });
    const url = await consoleAt(gateway.url);
    const raw = (path: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const asked = request(url, { path, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject).end();
      });
    for (const path of [
      '/api/pipeline/../../metrics',
      '/api/pipeline/%2e%2e/%2e%2e/v1/events',
      '/api/replays/..%2f..%2fmetrics/../../x',
    ])
      expect(await raw(path)).toBe(404);
    expect(await raw('/api/services')).toBe(200);
    expect(await raw('/api/pipeline?a=1')).toBe(200);
    expect(paths).toEqual(['/api/pipeline?a=1']);
  });

  it('streams events as they come, and lets the gateway know when the listener has gone', async () => {
    let gone = false;
    const gateway = await upstream((_message, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
      response.write('data: 1\n\n');
      response.on('close', () => (gone = true));
    });
    const url = await consoleAt(gateway.url);
    const abort = new AbortController();
    const answer = await fetch(`${url}/api/pipeline/events`, { signal: abort.signal });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toBe('data: 1\n\n');
    abort.abort();
    await eventually('the gateway hears of it', 5_000, () => gone);
  });

  it('leaves nothing on a connection that serves one request after the other', async () => {
    const sockets: Socket[] = [];
    const hear = (message: unknown): unknown => sockets.push((message as { readonly socket: Socket }).socket);
    subscribe('net.client.socket', hear);
    const connections = new Set<unknown>();
    const gateway = await upstream((message, response) => {
      connections.add(message.socket);
      response.end('{}');
    });
    const url = await consoleAt(gateway.url);
    for (let count = 0; count < 30; count++)
      expect(await (await fetch(`${url}/api/pipeline`)).text()).toBe('{}');
    unsubscribe('net.client.socket', hear);
    expect(connections.size).toBe(1);
    expect(Math.max(...sockets.map((socket) => socket.listenerCount('timeout')))).toBeLessThan(5);
  });

  it('says what to do where no gateway is known, none answers, or it breaks off', async () => {
    const unknown = await fetch(`${await consoleAt(undefined)}/api/pipeline`);
    expect(unknown.status).toBe(503);
    expect(((await unknown.json()) as { message: string }).message).toContain('set KAIZEN_GATEWAY_URL');
    const [port] = await freePorts(1);
    const away = await fetch(`${await consoleAt(`http://127.0.0.1:${port}`)}/api/pipeline`);
    expect(away.status).toBe(502);
    expect(((await away.json()) as { message: string }).message).toMatch(/does not answer \(ECONNREFUSED\)/);
    const broken = await upstream((message) => message.socket.destroy());
    expect((await fetch(`${await consoleAt(broken.url)}/api/pipeline`)).status).toBe(502);
  });

  it('refuses a body over its bound, and passes Jaeger’s own API by', async () => {
    let bytes = 0;
    const gateway = await upstream((message, response) => {
      message.on('data', (chunk: Buffer) => (bytes += chunk.length));
      message.on('end', () => response.end());
    });
    const url = await consoleAt(gateway.url);
    const headers = { 'content-type': 'application/json' };
    const big = 'x'.repeat(3 * 1024 * 1024);
    const answer = await fetch(`${url}/api/replays`, { method: 'POST', headers, body: big });
    expect(answer.status).toBe(413);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
    expect((await fetch(`${url}/api/traces/abc`)).status).toBe(404);
  });
});
