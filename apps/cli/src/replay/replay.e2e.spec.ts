import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requestsInFile, spansInRequests } from '../testing/folded-log.js';
import { type Running, startProcess } from '../testing/processes.js';

const cli = 'apps/cli/bin/kaizen-trace.js';

describe('replay beside a running pipeline, each in a process of its own', () => {
  let folder: string;
  let env: Record<string, string>;
  let up: Running;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-replay-'));
    env = {
      KAIZEN_DATA_DIR: join(folder, 'data'),
      KAIZEN_LOG_LEVEL: 'warn',
      KAIZEN_GATEWAY_PORT: '0',
      KAIZEN_ASSEMBLER_PORT: '0',
      KAIZEN_EXPORTER_PORT: '0',
      KAIZEN_QUERY_PORT: '0',
      KAIZEN_OTLP_PORT: '0',
    };
    up = startProcess(cli, ['up'], { ...env, KAIZEN_PARTITIONS: '4' });
    await up.says(/is running/);
    const args = ['simulate', '--traces', '600', '--agents', '10', '--seed', 'replay'];
    await startProcess(cli, args, env).says(/events emitted/);
  }, 90_000);

  afterAll(async () => {
    await up.end();
    await rm(folder, { recursive: true, force: true });
  });

  const replay = (...args: readonly string[]): Running => startProcess(cli, ['replay', ...args], env);

  /** Once the assembler stands still: the same count twice. */
  const verified = async (): Promise<number> => {
    for (let last = -1; ;) {
      const process = replay('--verify');
      await process.says(/(\d[\d,]*) spans on kaizen\.spans.*; 0 differences/);
      const found = Number(/(\d[\d,]*) spans on/.exec(process.output())?.[1]?.replaceAll(',', ''));
      if (found === last) return found;
      last = found;
    }
  };

  it('verifies what the assembler commits meanwhile, goes on after Ctrl-C, and disturbs nobody', async () => {
    const spans = await verified();
    expect(spans).toBeGreaterThan(10_000);

    const file = join(folder, 'spans');
    const position = join(folder, 'position.json');
    const args = ['--file', file, '--format', 'proto', '--parallel', '1', '--resume-file', position];
    const interrupted = replay(...args);
    await interrupted.says(/reading the log/);
    expect(await interrupted.end('SIGINT')).toBe(130);
    expect(interrupted.output()).toContain(`go on with: kaizen-trace replay --resume ${position}`);

    const resumed = replay('--resume', position);
    await resumed.says(/records of 4 partitions folded/);
    if (resumed.child.exitCode === null) await once(resumed.child, 'exit');
    expect(resumed.child.exitCode).toBe(0);
    const found = spansInRequests(requestsInFile(await readFile(file)));
    expect(found).toHaveLength(spans);
    expect(new Set(found).size).toBe(spans);
    expect((await readdir(folder)).sort()).toEqual(['data', 'spans']);
    expect(await verified()).toBe(spans);
    expect(up.child.exitCode).toBeNull();
  }, 120_000);
});
