import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@kaizen-trace/service-kit';
import { openConsole, type RunningConsole } from './open-console.js';

const key = 'a-key-of-the-console';
const logLines: string[] = [];
let console: RunningConsole;

beforeAll(async () => {
  const sink = { write: (line: string) => void logLines.push(line) };
  console = await openConsole({
    consolePort: 0,
    queryHost: '127.0.0.1',
    queryKeys: [key],
    queryOpen: false,
    jaegerUrl: 'http://127.0.0.1:9',
    gatewayUrl: 'http://127.0.0.1:9',
    gatewayKey: 'a-key-of-the-gateway',
    processMetrics: false,
    logger: createLogger({ service: 'console', level: 'trace', format: 'json', sink }),
  });
});
afterAll(() => console.close());

const statusOf = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
  (await fetch(`${console.url}${path}`, { headers })).status;

describe('the console as a service of its own', () => {
  it('wants a key at every route but those of probes', async () => {
    const paths = logLines.flatMap((line) => {
      const path = /Mapped \{(.+), [A-Z]+\} route/.exec(line)?.[1];
      return path === undefined ? [] : [path.replaceAll(/:\w+|\*/g, '0')];
    });
    expect(paths).toEqual(
      expect.arrayContaining(['/', '/metrics', '/healthz', '/api/traces', '/api/pipeline']),
    );
    for (const path of new Set(paths)) {
      const isProbe = path === '/healthz' || path === '/readyz';
      for (const headers of [{}, { 'x-api-key': 'a-key-of-the-gateway' }]) {
        const status = await statusOf(path, headers);
        if (isProbe) expect([path, [200, 503].includes(status)]).toEqual([path, true]);
        else expect([path, status]).toEqual([path, 401]);
      }
      const shown = await statusOf(path, { authorization: `Bearer ${key}` });
      expect([path, [401, 403].includes(shown)]).toEqual([path, false]);
    }
  });

  it('leaves no key in its log', () => {
    const lines = logLines.join('');
    expect(lines).toContain('requests were denied');
    expect(lines).not.toMatch(/a-key-of/);
  });
});
