import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { eventually } from '@kaizen-trace/testkit';
import { type AnsweringServer, openAnsweringServer } from './testing/answering-server.js';

const bin = fileURLToPath(new URL('../bin/kaizen-trace.js', import.meta.url));

let server: AnsweringServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-bin-'));
});

afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  server = await openAnsweringServer();
});

afterEach(() => server.close());

const start = (args: readonly string[], script = bin, env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn(process.execPath, [script, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', KAIZEN_GATEWAY_URL: server.url, ...env },
  });

const ended = async (child: ChildProcess, input?: string) => {
  const outputs = Promise.all([text(child.stdout!), text(child.stderr!)]);
  child.stdin!.end(input);
  const exitCode = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr] = await outputs;
  return { exitCode, stdout, stderr };
};

describe('the program kaizen-trace', () => {
  it('says its version', async () => {
    expect(await ended(start(['--version']))).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it('publishes what is piped into it', async () => {
    const input = '{"event_type":"note","agent_id":"a"}\n{"event_type":"note"}\n';
    const { exitCode, stderr } = await ended(start(['publish', '-']), input);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('line 2: agent_id is required');
    expect(server.received.flatMap(({ lines }) => lines)).toHaveLength(1);
  });

  it('hands on a hook and ends with 0, also where nothing is to be made of it', async () => {
    const spool = { KAIZEN_HOOK_SPOOL: join(folder, 'hooks'), KAIZEN_HOOK_TIMEOUT: '10s' };
    const payload = JSON.stringify({ session_id: 's', prompt_id: 'p', hook_event_name: 'Stop' });
    const silent = { exitCode: 0, stdout: '', stderr: '' };
    expect(await ended(start(['hook', 'claude-code'], bin, spool), payload)).toEqual(silent);
    expect(server.received.flatMap(({ lines }) => lines)).toHaveLength(3);
    expect(await ended(start(['hook', 'claude-code'], bin, spool), '{')).toEqual(silent);
    const noted = await ended(start(['hook', 'claude-code', '--verbose'], bin, spool), '{');
    expect(noted).toMatchObject({ exitCode: 0, stdout: '' });
    expect(noted.stderr).toContain('no hook of Claude Code');
    const { stdout } = await ended(start(['hook', 'claude-code', '--print-settings', 'http']));
    expect(JSON.parse(stdout)).toHaveProperty('hooks.Stop');
  });

  it('ends in order on SIGINT: what was emitted is acknowledged and counted, exit 130', async () => {
    const child = start(['simulate', '--traces', '1000', '--rate', '300']);
    const outcome = ended(child);
    await eventually('a few requests have come', 15_000, () => server.received.length > 3);
    child.kill('SIGINT');
    const { exitCode, stderr } = await outcome;
    expect(exitCode).toBe(130);
    const sent = server.received.flatMap(({ lines }) => lines).length;
    expect(stderr).toContain(`${sent} events emitted, ${sent} acknowledged`);
  });

  it('shows no stack trace, whatever happens', async () => {
    for (const args of [
      ['publish', folder],
      ['publish', '-', '--timeout', 'x'],
      ['nothing'],
      ['simulate', '--out', folder],
    ]) {
      const { exitCode, stderr } = await ended(start(args));
      expect(exitCode).toBe(1);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });

  it('says how to build it where it is not built', async () => {
    const lonely = join(folder, 'apps', 'cli', 'bin');
    await cp(join(bin, '..'), lonely, { recursive: true });
    const { exitCode, stderr } = await ended(start(['--version'], join(lonely, 'kaizen-trace.js')));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('npm run build');
  });
});
