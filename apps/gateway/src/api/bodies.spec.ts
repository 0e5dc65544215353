import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openLog } from '@kaizen-trace/adapters';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import type { LogConnection } from '@kaizen-trace/ports';
import { createLogger } from '@kaizen-trace/service-kit';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { eventually } from '@kaizen-trace/testkit';
import { openGateway, type Gateway } from '../open-gateway.js';
import { json, send } from '../testing/gateway-fixture.js';

const paths = ['/api/replays', '/api/dead-letters/redrive'];

describe('a body for the operating API', () => {
  let directory: string;
  let log: LogConnection;
  let gateway: Gateway;
  const logLines: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kaizen-bodies-'));
    const env = { KAIZEN_DATA_DIR: directory, KAIZEN_PARTITIONS: '3' };
    const reading = readSettings(defineSettings({ log: logSettings }), env);
    if (reading.type === 'refused') throw new Error('wrong settings');
    log = await openLog(reading.settings.log);
    const group = 'bodies';
    gateway = await openGateway({
      events: log.events,
      ping: () => log.ping(),
      operating: {
        log,
        assemblers: log.assemblers({ group }),
        exporters: log.spans({ group: `${group}-export` }),
        replay: {
          owner: { group, topic: 'hook-events' },
          configured: defaultSettings,
          backend: undefined,
        },
        maxListeners: 1,
      },
      host: '127.0.0.1',
      port: 0,
      apiKeys: [],
      maxBodyBytes: 1024 * 1024,
      maxInFlightBytes: 1024 * 1024,
      requestTimeoutMs: 30_000,
      logger: createLogger({
        service: 'gateway',
        level: 'warn',
        format: 'json',
        sink: { write: (line) => void logLines.push(line) },
      }),
      processMetrics: false,
    });
  });
  afterAll(async () => {
    await gateway.close();
    await log.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('is asked for where the client waits for that', async () => {
    for (const path of paths) {
      const request = {
        path,
        headers: { ...json, expect: '100-continue', 'content-length': 3 },
        body: '[1]',
      };
      expect(await send(gateway, request)).toMatchObject({ status: 400, continued: true });
    }
  });

  it('that is too long is refused on a connection that goes on', async () => {
    for (const path of paths) {
      const socket = createConnection(gateway.port, '127.0.0.1');
      let heard = '';
      let gone: string | undefined;
      socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
      socket.on('error', (error) => (gone = error.message));
      socket.on('close', () => (gone ??= 'closed'));
      await once(socket, 'connect');
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
      socket.write(`${head}content-length: 8000000\r\n\r\n`);
      for (let sent = 0; sent < 8_000_000; sent += 1_000_000) {
        socket.write('x'.repeat(1_000_000));
        await sleep(5);
      }
      socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await eventually('both are answered', 5_000, () => heard.includes('"alive"') || gone !== undefined);
      expect(heard).toMatch(/^HTTP\/1\.1 413 /);
      expect(gone).toBeUndefined();
      socket.destroy();
    }
  });

  it('that nobody wants is not read: there is nothing at that place, whatever stands in it', async () => {
    for (const path of ['/api/pipeline', '/nowhere', '/v1'])
      for (const body of ['', '{"', '[1]', 'x'.repeat(3_000_000)])
        expect([path, (await send(gateway, { path, headers: json, body })).status]).toEqual([path, 404]);
  });

  it('that breaks off leaves nothing in the log of the service', async () => {
    for (const path of [...paths, '/api/pipeline', '/nowhere', '/v1/events', '/v1/hooks/claude-code']) {
      const socket = createConnection(gateway.port, '127.0.0.1');
      await once(socket, 'connect');
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
      socket.write(`${head}content-length: 100\r\n\r\n{"`);
      await sleep(50);
      socket.resetAndDestroy();
    }
    await sleep(200);
    expect(logLines).toEqual([]);
    expect((await send(gateway, { method: 'GET', path: '/healthz' })).status).toBe(200);
  });

  it('is not what too many listeners are told of: they are to come again later', async () => {
    const abort = new AbortController();
    const first = await fetch(`${gateway.url}/api/pipeline/events`, { signal: abort.signal });
    expect(first.status).toBe(200);
    const second = await fetch(`${gateway.url}/api/open-operations/events`);
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, '5']);
    abort.abort();
  });
});
