import { request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { RunningTraceStore, TraceStoreOptions } from './open-trace-store.js';
import { runningStore } from './testing/running-store.js';

let open: RunningTraceStore | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

const askOf = async (options: Partial<TraceStoreOptions>) => {
  const store = (open = await runningStore(options));
  return (path: string, headers: Readonly<Record<string, string>> = {}) =>
    new Promise<{ readonly status: number; readonly headers: Readonly<Record<string, unknown>> }>(
      (resolve, reject) => {
        request({ host: '127.0.0.1', port: store.queryPort, path, headers, agent: false }, (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, headers: response.headers });
        })
          .on('error', reject)
          .end();
      },
    );
};

describe('who may ask the query API', () => {
  it('is whoever reaches it as localhost, and no web page that gave this machine another name', async () => {
    const ask = await askOf({});
    for (const host of ['localhost', '127.0.0.1:16686', '[::1]', 'traces.localhost'])
      expect((await ask('/api/services', { host })).status).toBe(200);
    for (const path of ['/api/services', '/', '/metrics', '/nowhere'])
      expect((await ask(path, { host: 'evil.example' })).status).toBe(403);
    expect((await ask('/healthz', { host: 'evil.example' })).status).toBe(200);
  });

  it('is nobody on another machine without keys, unless that is said to be meant', async () => {
    await expect(runningStore({ queryHost: '0.0.0.0' })).rejects.toThrow('KAIZEN_QUERY_KEYS');
    const ask = await askOf({ queryHost: '0.0.0.0', queryOpen: true });
    expect((await ask('/api/services', { host: 'store.example' })).status).toBe(200);
  });

  it('is whoever shows one of the keys, also as the password of a login, however the path is written', async () => {
    const ask = await askOf({ queryHost: '0.0.0.0', queryKeys: ['alpha', 'be:ta'] });
    const basic = (login: string) => ({ authorization: `Basic ${Buffer.from(login).toString('base64')}` });
    for (const headers of [
      { authorization: 'Bearer alpha' },
      { 'x-api-key': 'be:ta' },
      basic('me:alpha'),
      basic(':be:ta'),
    ])
      expect((await ask('/api/services', headers)).status).toBe(200);
    for (const headers of [{}, { authorization: 'Bearer alph' }, basic('alpha:'), basic('alpha'), basic('')])
      for (const path of ['/api/services', '/', '/%61pi/traces', '/metrics', '/nowhere']) {
        const answer = await ask(path, headers);
        expect([path, answer.status]).toEqual([path, 401]);
        expect(answer.headers['www-authenticate']).toContain('Basic');
      }
    expect((await ask('/readyz')).status).toBe(200);
  });

  it('gets headers that let nothing be embedded, guessed at or kept', async () => {
    const ask = await askOf({});
    for (const path of ['/', '/api/services', '/api/traces/x', '/nowhere']) {
      const { headers } = await ask(path);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });
});
