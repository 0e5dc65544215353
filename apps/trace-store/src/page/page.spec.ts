import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningTraceStore } from '../open-trace-store.js';
import { runningStore } from '../testing/running-store.js';

const page = '<!doctype html><title>the console</title>';

describe('the console on the trace store', () => {
  let folder: string;
  let store: RunningTraceStore;
  const get = (path: string): Promise<Response> => fetch(`${store.queryUrl}${path}`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-console-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), page);
    await writeFile(join(folder, 'assets', 'index-a1b2.js'), 'export {};');
    await writeFile(join(folder, 'secret.js'), 'not to be had');
    store = await runningStore({ consoleDir: folder });
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    '/',
    '/?service=a',
    '/search',
    '/trace/5b8aa5a2d2c872e8321cf37308d69df2?view=agents',
    '/compare?left=1&right=2',
    '/running',
    '/pipeline',
    '/dead-letters/0/12',
    '/replay',
  ])('shows its page at %s, asked for anew each time', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(page);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  it('lets nothing be loaded from elsewhere, nor anything inline run', async () => {
    for (const path of ['/', '/assets/index-a1b2.js']) {
      const { headers } = await get(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('sends files whose names have a hash to be kept for ever', async () => {
    const response = await get('/assets/index-a1b2.js');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(await response.text()).toBe('export {};');
  });

  it.each([
    '/assets/none-1.js',
    '/assets/..%2fsecret.js',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/secret.js',
    '/secret.js',
    `/assets/${'a'.repeat(300)}.js`,
    `/assets/${'a.'.repeat(1_500)}js`,
  ])('has no file at %s', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('not to be had');
  });

  it('never answers a path of the API with its page', async () => {
    for (const path of ['/api', '/api/', '/api/nothing', '/api/traces/not-an-id', '/healthz/x', '/nothing']) {
      const response = await get(path);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(await response.text()).not.toContain('<title>');
    }
  });

  it('says how to build it where it was not built', async () => {
    const bare = await runningStore({ consoleDir: join(folder, 'nowhere') });
    const response = await fetch(bare.queryUrl);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('npm run build');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    await bare.close();
  });
});
