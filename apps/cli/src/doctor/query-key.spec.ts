import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@kaizen-trace/service-kit';
import { openTraceStore, type RunningTraceStore } from '@kaizen-trace/trace-store';
import { examine } from '../testing/examine.js';

const key = 'a-key-of-the-query-api';

describe('doctor on a query API that wants a key', () => {
  let directory = '';
  let store: RunningTraceStore;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kaizen-doctor-'));
    store = await openTraceStore({
      dataDir: directory,
      host: '127.0.0.1',
      queryPort: 0,
      otlpPort: 0,
      queryKeys: [key],
      retentionMs: Infinity,
      maxBytes: 1024 ** 3,
      maxSearchTraces: 100,
      processMetrics: false,
      logger: createLogger({
        service: 'store',
        level: 'silent',
        format: 'json',
        sink: { write: () => undefined },
      }),
    });
  });
  afterAll(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  const said = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    examine({ KAIZEN_GATEWAY_URL: 'http://127.0.0.1:9', ...env }, ['--query-url', store.queryUrl, ...args]);

  it('shows it the first of KAIZEN_QUERY_KEYS, and nobody else', async () => {
    const examined = await said({ KAIZEN_QUERY_KEYS: `${key},another-key-of-it` }, '--trace', 'a'.repeat(32));
    expect(examined.lines('query')).toMatch(/^ok: /);
    expect(examined.lines('trace')).toMatch(/has no span of trace/);
    expect(JSON.stringify(examined.checks)).not.toContain(key);
  });

  it('says which variable is missing, or wrong', async () => {
    expect((await said({})).lines('query')).toMatch(/^failed: .* wants a key.*KAIZEN_QUERY_KEYS/);
    const wrong = await said({ KAIZEN_QUERY_KEYS: 'not-a-key-of-the-query-api' });
    expect(wrong.lines('query')).toMatch(/^failed: .* wants another key.*KAIZEN_QUERY_KEYS/);
    expect(JSON.stringify(wrong.checks)).not.toContain('not-a-key');
  });
});
