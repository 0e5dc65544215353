import { request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { RunningTraceStore, TraceStoreOptions } from './open-trace-store.js';
import { runningStore } from './testing/running-store.js';

let store: RunningTraceStore | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
});

const opened = async (options: Partial<TraceStoreOptions> = {}) => {
  const { queryPort: port } = (store = await runningStore(options));
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      })
        .on('error', reject)
        .end();
    });
  const denied = async (headers: Readonly<Record<string, string>> = {}) => {
    const { text } = await ask('/metrics', headers);
    const found = text.matchAll(/^kaizen_trace_store_denied_requests_total\{status="(\d+)",.*\} (\d+)$/gm);
    return Object.fromEntries<number>([...found].map(([, status = '', count]) => [status, Number(count)]));
  };
  return { ask, denied };
};

describe('what the query API denies', () => {
  it('is counted by status: who shows no key or a wrong one, on every route', async () => {
    const right = { authorization: 'Bearer right' };
    const { ask, denied } = await opened({ queryKeys: ['right'] });
    expect(await denied(right)).toEqual({ 401: 0, 403: 0, 429: 0 });
    for (const path of ['/api/services', '/', '/metrics', '/nowhere', '/api/pipeline'])
      expect([path, (await ask(path)).status]).toEqual([path, 401]);
    expect((await ask('/api/services', { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await ask('/api/services', right)).status).toBe(200);
    expect((await ask('/nowhere', right)).status).toBe(404);
    expect(await denied(right)).toEqual({ 401: 6, 403: 0, 429: 0 });
  });

  it('is counted without keys too: who names another host', async () => {
    const { ask, denied } = await opened();
    expect((await ask('/api/services', { host: 'evil.example' })).status).toBe(403);
    expect(await denied()).toEqual({ 401: 0, 403: 1, 429: 0 });
  });
});
