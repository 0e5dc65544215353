import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openLog } from '@kaizen-trace/adapters';
import { openGateway } from '@kaizen-trace/gateway';
import { createLogger } from '@kaizen-trace/service-kit';
import { readCliSettings } from '../settings.js';
import { run } from '../testing/run-cli.js';

const logger = createLogger({
  service: 'spec',
  level: 'silent',
  format: 'json',
  sink: { write: () => undefined },
});

describe('keys new', () => {
  it('makes a key that the real gateway takes with the line, for what the options say and no more', async () => {
    const made = await run(
      [
        'keys',
        'new',
        '--name',
        'shop',
        '--service',
        'checkout',
        '--requests-per-second',
        '50',
        '--bytes-per-second',
        '1MiB',
      ],
      { env: {} },
    );
    expect(made.exitCode).toBe(0);
    const key = /kz_[\w-]{43}/.exec(made.stderr)?.[0] ?? '';
    expect(made.stdout).not.toContain(key);
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-keys-'));
    await writeFile(join(folder, 'keys'), made.stdout);
    const log = await openLog(readCliSettings({ KAIZEN_DATA_DIR: folder }).log);
    const gateway = await openGateway({
      events: log.events,
      ping: () => log.ping(),
      host: '127.0.0.1',
      port: 0,
      apiKeys: [],
      apiKeysFile: join(folder, 'keys'),
      maxBodyBytes: 1024 ** 2,
      maxInFlightBytes: 1024 ** 2,
      requestTimeoutMs: 10_000,
      logger,
    });
    try {
      const post = async (service: string) =>
        (
          await fetch(`${gateway.url}/v1/events`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-api-key': key },
            body: JSON.stringify({ event_type: 'note', agent_id: 'a', service_name: service }),
          })
        ).status;
      expect(await post('checkout')).toBe(202);
      expect(await post('payments')).toBe(403);
      expect((await fetch(`${gateway.url}/metrics`, { headers: { 'x-api-key': key } })).status).toBe(403);
    } finally {
      await gateway.close();
      await log.close();
      await rm(folder, { recursive: true });
    }
  });

  it('gives another key each time', async () => {
    const keys = await Promise.all([1, 2].map(() => run(['keys', 'new', '--name', 'a'], { env: {} })));
    expect(new Set(keys.map(({ stdout }) => stdout)).size).toBe(2);
  });

  it.each([
    ['--name', 'a b'],
    ['--name', 'a', '--operation', 'all'],
    ['--name', 'a', '--service', ''],
  ])('refuses %s %s %s %s', async (...options) => {
    const { exitCode, stdout } = await run(['keys', 'new', ...options], { env: {} });
    expect([exitCode, stdout]).toEqual([1, '']);
  });
});
