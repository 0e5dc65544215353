import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let folder: string;
let service: ChildProcess;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-log-'));
});

afterEach(async () => {
  service.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

it('a service whose log nobody reads any more runs on, and stops when it is told to', async () => {
  service = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      KAIZEN_DATA_DIR: folder,
      KAIZEN_QUERY_PORT: '0',
      KAIZEN_OTLP_PORT: '0',
      KAIZEN_LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [line] = (await once(service.stderr!, 'data')) as [Buffer];
  const { query } = JSON.parse(line.toString()) as { query: string };
  service.stdout!.destroy();
  service.stderr!.destroy();
  expect((await fetch(`${query}/readyz`)).status).toBe(200);
  const exited = once(service, 'exit');
  service.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
