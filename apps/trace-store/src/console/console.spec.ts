import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@kaizen-trace/service-kit';
import { eventually, freePorts } from '@kaizen-trace/testkit';
import { echo, openUpstream } from '../testing/upstream.js';
import { openConsole, type ConsoleOptions, type RunningConsole } from './open-console.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-console-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>the console</title>');
});
afterAll(() => rm(folder, { recursive: true }));

const upstream = async (answer: RequestListener): Promise<string> => {
  const opened = await openUpstream(answer);
  closers.push(() => opened.close());
  return opened.url;
};

const said: string[] = [];
const logger = createLogger({
  service: 'console',
  level: 'info',
  format: 'json',
  sink: { write: (line) => said.push(line) },
});

const start = (options: Partial<ConsoleOptions> = {}): Promise<RunningConsole> =>
  openConsole({
    consolePort: 0,
    queryHost: '127.0.0.1',
    queryKeys: [],
    queryOpen: false,
    jaegerUrl: 'http://127.0.0.1:9',
    gatewayUrl: 'http://127.0.0.1:9',
    gatewayKey: undefined,
    consoleDir: folder,
    processMetrics: false,
    logger,
    ...options,
  });
const consoleWith = async (options: Partial<ConsoleOptions> = {}): Promise<string> => {
  const running = await start(options);
  closers.push(() => running.close());
  return running.url;
};

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}
const seenBy = async (answer: Response): Promise<Asked> => (await answer.json()) as Asked;
const messageOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { readonly message: string }).message;

/** As no `fetch` would: any path, any headers. */
const raw = (
  url: string,
  { path, ...rest }: { path: string; method?: string; headers?: Readonly<Record<string, string>> },
): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(url, { path, agent: false, ...rest }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('the console as a service of its own', () => {
  it('serves the page, health, readiness and metrics', async () => {
    const url = await consoleWith();
    for (const path of ['/', '/trace/abc', '/running', '/healthz', '/readyz'])
      expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
    const page = await fetch(url);
    expect(await page.text()).toContain('the console');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/kaizen_console_requests_total\{[^}]*to="jaeger"[^}]*outcome="away"[^}]*\} 0/);
  });

  it('is not ready where the console has not been built, and says how to build it', async () => {
    const url = await consoleWith({ consoleDir: join(folder, 'nowhere') });
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect(await (await fetch(url)).text()).toContain('npm run build');
  });

  it('asks Jaeger what it is asked, and tells it nothing of who asks', async () => {
    const url = await consoleWith({ jaegerUrl: `${await upstream(echo)}/under`, queryKeys: ['secret'] });
    const paths = [
      '/api/services',
      '/api/services/a%2Fb%20c/operations',
      '/api/operations?service=a',
      '/api/traces?service=a&tags=%7B%22x%22%3A%22y%22%7D&limit=20',
      '/api/traces/5b8aa5a2d2c872e8321cf37308d69df2',
      '/api/dependencies?endTs=1',
    ];
    const headers = { authorization: 'Bearer secret', cookie: 'a=b', origin: 'http://x', accept: 'text/x' };
    for (const path of paths) {
      const seen = await seenBy(await fetch(url + path, { headers }));
      expect(seen).toMatchObject({ method: 'GET', url: `/under${path}`, headers: { accept: 'text/x' } });
      for (const name of ['authorization', 'x-api-key', 'cookie', 'origin'])
        expect(seen.headers).not.toHaveProperty(name);
    }
  });

  it('asks Jaeger for nothing but its query API, and changes nothing there', async () => {
    const reached: unknown[] = [];
    const jaegerUrl = await upstream((message, response) => {
      reached.push([message.method, message.url]);
      response.end('{}');
    });
    const url = await consoleWith({ jaegerUrl: `${jaegerUrl}/under` });
    for (const path of [
      '/api/traces/../../metrics',
      '/api/traces/%2e%2e/%2e%2e/metrics',
      '/api/traces/%2e%2e',
      '/api/services/../traces/../../x/operations',
      '/api/traces/a/archive',
      '/api/metrics/calls',
      '/api/v3/traces',
    ])
      expect([path, await raw(url, { path })]).toEqual([path, 404]);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect([method, await raw(url, { path: '/api/traces', method })]).toEqual([method, 404]);
    expect(reached).toEqual([]);
    expect(await raw(url, { path: '/api/traces', method: 'GET', headers: { 'content-length': '0' } })).toBe(
      200,
    );
  });

  it('gives Jaeger’s refusals back as they are, and what it says piece by piece', async () => {
    const pieces: (() => void)[] = [];
    const jaegerUrl = await upstream(({ url }, response) => {
      if (url === '/api/traces/missing') {
        response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
        response.end('{"data":null,"errors":[{"code":404,"msg":"trace not found"}]}');
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"data":[');
      pieces.push(() => response.end(']}'));
    });
    const url = await consoleWith({ jaegerUrl });
    const missing = await fetch(`${url}/api/traces/missing`);
    expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining('trace not found')]);
    const answer = await fetch(`${url}/api/traces/large`);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"data":[');
    pieces[0]?.();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(']}');
  });

  it('says what to do where Jaeger is away, late or too busy, counts it, and says once that it is away', async () => {
    const [port = 0] = await freePorts(1);
    const away = await consoleWith({ jaegerUrl: `http://127.0.0.1:${port}` });
    said.length = 0;
    for (let times = 0; times < 3; times++) {
      const answer = await fetch(`${away}/api/services`);
      expect(answer.status).toBe(502);
      expect(await messageOf(answer)).toMatch(/^Jaeger at .* \(ECONNREFUSED\): .*JAEGER_QUERY_URL/);
    }
    expect(said.filter((line) => line.includes('does not answer'))).toHaveLength(1);
    expect(await (await fetch(`${away}/metrics`)).text()).toMatch(/to="jaeger",outcome="away"[^}]*\} 3/);
    const silent = await upstream(() => undefined);
    const late = await consoleWith({ jaegerUrl: silent, jaegerLimits: { answerMs: 300, maxRequests: 2 } });
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => (await fetch(`${late}/api/services`)).status),
    );
    expect(statuses.sort()).toEqual([429, 504, 504]);
  });

  it('breaks off an answer that Jaeger breaks off, and one that says nothing for too long', async () => {
    const jaegerUrl = await upstream(({ url }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"data":[');
      if (url === '/api/traces/broken') setTimeout(() => response.destroy(), 50);
    });
    const url = await consoleWith({ jaegerUrl, jaegerLimits: { silenceMs: 300 } });
    for (const id of ['broken', 'silent'])
      await expect(fetch(`${url}/api/traces/${id}`).then((answer) => answer.text())).rejects.toThrow();
  });

  it('lets Jaeger know when whoever asked has gone, and ends at once while it is being asked', async () => {
    let [begun, gone] = [0, 0];
    const jaegerUrl = await upstream((_message, response) => {
      begun++;
      response.on('close', () => gone++);
    });
    const running = await start({ jaegerUrl, gatewayUrl: jaegerUrl });
    const abort = new AbortController();
    const first = fetch(`${running.url}/api/services`, { signal: abort.signal }).catch(() => undefined);
    const others = ['/api/traces?service=a', '/api/pipeline/events'].map((path) =>
      fetch(running.url + path).then(
        (answer) => answer.status,
        () => 'cut',
      ),
    );
    await eventually('all have begun', 5_000, () => begun === 3);
    abort.abort();
    await first;
    await eventually('Jaeger hears of it', 5_000, () => gone === 1);
    const before = performance.now();
    await running.close();
    expect(performance.now() - before).toBeLessThan(2_000);
    for (const each of await Promise.all(others)) expect([502, 'cut']).toContain(each);
    expect(gone).toBe(3);
  });
});

describe('the key that the console lends', () => {
  const post = async (
    url: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<readonly [status: number, key: unknown]> => {
    const answer = await fetch(`${url}/api/dead-letters/redrive`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{}',
    });
    const { headers: told } = await seenBy(answer);
    return [answer.status, (told as IncomingHttpHeaders | undefined)?.['x-api-key']];
  };

  it('is shown to the gateway for who shows none, never to Jaeger, and not beside a key of one’s own', async () => {
    const url = await consoleWith({
      gatewayUrl: await upstream(echo),
      jaegerUrl: await upstream(echo),
      gatewayKey: 'lent',
    });
    const pipeline = await seenBy(await fetch(`${url}/api/pipeline`));
    expect(pipeline.headers['x-api-key']).toBe('lent');
    expect((await seenBy(await fetch(`${url}/api/services`))).headers).not.toHaveProperty('x-api-key');
    const own = await seenBy(
      await fetch(`${url}/api/pipeline`, { headers: { authorization: 'Bearer own' } }),
    );
    expect(own.headers).toMatchObject({ authorization: 'Bearer own' });
    expect(own.headers).not.toHaveProperty('x-api-key');
  });

  it('is lent to a page of this console and to no page, but to no other page, for what changes something', async () => {
    const url = await consoleWith({ gatewayUrl: await upstream(echo), gatewayKey: 'lent' });
    expect(await post(url, {})).toEqual([201, 'lent']);
    expect(await post(url, { origin: new URL(url).origin })).toEqual([201, 'lent']);
    expect(await post(url, { origin: 'http://localhost:1' })).toEqual([403, undefined]);
    expect(await post(url, { origin: 'https://evil.example' })).toEqual([403, undefined]);
    expect(await post(url, { origin: 'null' })).toEqual([403, undefined]);
    expect(await post(url, { origin: 'https://evil.example', 'x-api-key': 'own' })).toEqual([201, 'own']);
  });
});

describe('to whom the console is open', () => {
  it('is nobody beyond this machine without keys or a word', async () => {
    await expect(consoleWith({ queryHost: '0.0.0.0' })).rejects.toThrow('KAIZEN_QUERY_KEYS');
    const [port = 0] = await freePorts(1);
    await consoleWith({ consolePort: port });
    await expect(consoleWith({ consolePort: port })).rejects.toThrow('KAIZEN_CONSOLE_PORT');
  });

  it('is whoever asks under a name that it was opened to, and under no other', async () => {
    const url = await consoleWith({ queryHost: '0.0.0.0', queryOpen: ['console', 'traces.example'] });
    const asked = (host: string): Promise<number | undefined> =>
      raw(url, { path: '/metrics', headers: { host } });
    for (const host of ['console:8080', 'TRACES.example', 'localhost:8080', '127.0.0.1'])
      expect([host, await asked(host)]).toEqual([host, 200]);
    for (const host of ['evil.example', 'console.evil.example', '10.0.0.1:8080'])
      expect([host, await asked(host)]).toEqual([host, 403]);
  });

  it('is whoever shows a key, where it has keys', async () => {
    const url = await consoleWith({
      queryHost: '0.0.0.0',
      queryKeys: ['k'],
      jaegerUrl: await upstream(echo),
    });
    for (const path of ['/', '/api/services', '/api/pipeline', '/metrics'])
      expect([path, (await fetch(url + path)).status]).toEqual([path, 401]);
    const login = `Basic ${Buffer.from('anyone:k').toString('base64')}`;
    expect((await fetch(`${url}/api/services`, { headers: { authorization: login } })).status).toBe(201);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});
