import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openLog } from '@kaizen-trace/adapters';
import { type Gateway, openGateway } from '@kaizen-trace/gateway';
import type { LogConnection } from '@kaizen-trace/ports';
import { createLogger } from '@kaizen-trace/service-kit';
import { readCliSettings } from '../settings.js';
import { loggedEvents } from '../testing/logged-events.js';
import { run } from '../testing/run-cli.js';
import { openCallsInFolder, forgetQuietSessions } from './hook-calls.js';
import { keepForLater, takeWaiting } from './hook-spool.js';

const session = '0b9c3f2e-5a6d-4c1b-8e7f-112233445566';
const payload = (hook_event_name: string, members: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({ session_id: session, cwd: '/c', prompt_id: 'p1', hook_event_name, ...members });

let folder: string;
let log: LogConnection;
let gateway: Gateway;
let env: Record<string, string>;

const quiet = createLogger({
  service: 'spec',
  level: 'silent',
  format: 'json',
  sink: { write: () => undefined },
});

const open = (port = 0): Promise<Gateway> =>
  openGateway({
    events: log.events,
    ping: () => log.ping(),
    host: '127.0.0.1',
    port,
    apiKeys: ['key-1'],
    maxBodyBytes: 16 * 1024 ** 2,
    maxInFlightBytes: 64 * 1024 ** 2,
    requestTimeoutMs: 10_000,
    logger: quiet,
    processMetrics: false,
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-hook-'));
  log = await openLog(readCliSettings({ KAIZEN_DATA_DIR: join(folder, 'log') }).log);
  gateway = await open();
  env = {
    KAIZEN_GATEWAY_URL: gateway.url,
    KAIZEN_API_KEY: 'key-1',
    KAIZEN_HOOK_SPOOL: join(folder, 'hooks'),
    KAIZEN_HOOK_TIMEOUT: '5s',
  };
});

afterEach(async () => {
  await gateway.close();
  await log.close();
  await rm(folder, { recursive: true });
});

const hook = (text: string, more: Readonly<Record<string, string>> = {}, args: readonly string[] = []) =>
  run(['hook', 'claude-code', ...args], { env: { ...env, ...more }, stdin: Readable.from([text]) });

const logged = async () => (await loggedEvents(log.events)).get(session) ?? [];
const types = async () =>
  (await logged()).map(({ eventType }) => eventType).filter((type) => !type.endsWith('session'));

const silent = { exitCode: 0, stdout: '', stderr: '' };
const spooled = (): readonly string[] =>
  existsSync(join(folder, 'hooks', 'spool')) ? readdirSync(join(folder, 'hooks', 'spool')) : [];

describe('kaizen-trace hook claude-code', () => {
  it('hands each hook on as a process of its own, and the tree is right: parallel subagents under their calls', async () => {
    const agent = (id: string, type: string) => ({
      tool_name: 'Agent',
      tool_use_id: id,
      tool_input: { subagent_type: type },
    });
    for (const text of [
      payload('UserPromptSubmit', { prompt: 'SECRET-CONTENT' }),
      payload('PreToolUse', agent('t1', 'one')),
      payload('PreToolUse', agent('t2', 'two')),
      payload('SubagentStart', { agent_id: 'a1', agent_type: 'one' }),
      payload('SubagentStart', { agent_id: 'a2', agent_type: 'two' }),
      payload('Stop'),
    ])
      expect(await hook(text)).toEqual(silent);
    const events = await logged();
    const parentOf = (call: string) => events.find(({ callId }) => callId === call)?.parentCallId;
    expect([parentOf('a1'), parentOf('a2')]).toEqual(['t1', 't2']);
    expect(parentOf('p1')).toMatch(/^session:/);
    expect(await types()).toEqual([
      'pre_agent_loop',
      'pre_tool_use',
      'pre_tool_use',
      'pre_agent_loop',
      'pre_agent_loop',
      'post_tool_use',
      'post_tool_use',
      'post_agent_loop',
    ]);
    expect(JSON.stringify(events.map(({ data }) => data))).not.toContain('SECRET-CONTENT');
  });

  it('keeps what the gateway does not take, and sends it with the next hook, in its order and with its time', async () => {
    const { port } = gateway;
    await gateway.close();
    const before = Date.now();
    expect(await hook(payload('UserPromptSubmit'))).toEqual(silent);
    expect(await hook(payload('PreToolUse', { tool_name: 'Bash', tool_use_id: 't1' }))).toEqual(silent);
    const noted = await hook(payload('Notification'), {}, ['--verbose']);
    expect(noted).toMatchObject({ exitCode: 0, stdout: '', stderr: expect.stringContaining('ECONNREFUSED') });
    const after = Date.now();
    expect(spooled()).toHaveLength(3);
    gateway = await open(port);
    expect(await hook(payload('Stop'))).toEqual(silent);
    expect(await types()).toEqual([
      'pre_agent_loop',
      'pre_tool_use',
      'notification',
      'post_tool_use',
      'post_agent_loop',
    ]);
    const [first] = await logged();
    expect(Number(first!.timestamp / 1000n)).toBeGreaterThanOrEqual(before - 1);
    expect(Number(first!.timestamp / 1000n)).toBeLessThanOrEqual(after);
    expect(spooled()).toEqual([]);
  });

  it('masks secrets before they leave, and before they lie on disk', async () => {
    await gateway.close();
    const input = { tool_name: 'Bash', tool_use_id: 't1', tool_input: { password: 'hunter2' } };
    const content = { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' };
    expect(await hook(payload('PreToolUse', input), content)).toEqual(silent);
    const waiting = takeWaiting(join(folder, 'hooks', 'spool'));
    expect(waiting?.text).toContain('[redacted]');
    expect(waiting?.text).not.toContain('hunter2');
  });

  it('gives up on a gateway that says nothing, in time', async () => {
    const server: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const began = performance.now();
    const outcome = await hook(payload('Stop'), {
      KAIZEN_GATEWAY_URL: `http://127.0.0.1:${port}`,
      KAIZEN_HOOK_TIMEOUT: '200ms',
    });
    expect(outcome).toEqual(silent);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(spooled()).toHaveLength(1);
    server.close();
  });

  it.each([
    ['no JSON', '{'],
    ['no hook', '{"a":1}'],
    ['nothing', ''],
    ['an array', '[]'],
  ])('passes over %s, and ends with 0', async (_, text) => {
    expect(await hook(text)).toEqual(silent);
    expect((await hook(text, {}, ['--verbose'])).stderr).toContain('no hook of Claude Code');
  });

  it('ends with 0 where a setting is wrong, the key is refused, or the spool cannot be written', async () => {
    expect(await hook(payload('Stop'), { KAIZEN_HOOK_TIMEOUT: 'soon' })).toEqual(silent);
    expect((await hook(payload('Stop'), { KAIZEN_HOOK_TIMEOUT: 'soon' }, ['--verbose'])).stderr).toContain(
      'KAIZEN_HOOK_TIMEOUT',
    );
    expect(await hook(payload('Stop'), { KAIZEN_API_KEY: 'wrong' })).toEqual(silent);
    expect(spooled()).toHaveLength(1);
    await writeFile(join(folder, 'file'), '');
    const blocked = { KAIZEN_HOOK_SPOOL: join(folder, 'file', 'x'), KAIZEN_API_KEY: 'wrong' };
    expect(await hook(payload('Stop'), blocked)).toEqual(silent);
  });

  it('prints what goes into settings.json, for both kinds, without a key', async () => {
    for (const kind of ['command', 'http']) {
      const { exitCode, stdout } = await run(['hook', 'claude-code', '--print-settings', kind], { env });
      expect(exitCode).toBe(0);
      const { hooks } = JSON.parse(stdout) as { hooks: Record<string, [{ hooks: [{ type: string }] }]> };
      expect(hooks.PreToolUse?.[0].hooks[0].type).toBe(kind);
      expect(Object.keys(hooks)).not.toContain('WorktreeCreate');
      expect(stdout).not.toContain('key-1');
    }
    const both = await run(['hook', 'claude-code', '--print-settings'], { env });
    expect(both.stdout).toContain(`${gateway.url}/v1/hooks/claude-code`);
    expect(both.stdout).toContain('kaizen-trace hook claude-code');
  });
});

describe('the spool of hooks', () => {
  const limits = { files: 5, bytes: 1_000, filesAtOnce: 3, bytesAtOnce: 100 };
  const spool = () => join(folder, 's');

  it('is bounded: beyond its limits the oldest go', () => {
    for (let index = 0; index < 9; index += 1) keepForLater(spool(), `${index}\n`, limits);
    expect(readdirSync(spool())).toHaveLength(5);
    keepForLater(spool(), `${'x'.repeat(990)}\n`, limits);
    expect(readdirSync(spool()).length).toBeLessThan(6);
  });

  it('gives each file to one caller, some at once, and gives back what was put back', async () => {
    for (let index = 0; index < 5; index += 1) {
      keepForLater(spool(), `${index}\n`, limits);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const first = takeWaiting(spool(), limits);
    const second = takeWaiting(spool(), limits);
    expect([first?.text, second?.text]).toEqual(['0\n1\n2\n', '3\n4\n']);
    expect(takeWaiting(spool(), limits)).toBeUndefined();
    first?.putBack();
    second?.done();
    expect(takeWaiting(spool(), limits)?.text).toBe('0\n1\n2\n');
  });

  it('is for its user only', async () => {
    keepForLater(spool(), 'x\n');
    const [name] = readdirSync(spool());
    expect((await stat(join(spool(), name!))).mode & 0o077).toBe(0);
    expect((await stat(spool())).mode & 0o077).toBe(0);
  });
});

describe('what is open, in a folder', () => {
  const call = (id: string) =>
    ({ session, id, kind: 'tool_use', agent: 'a', trace: 't', scope: '' }) as const;

  it('is seen by other processes in its order, and closed by one of them', () => {
    const one = openCallsInFolder(join(folder, 'open'));
    const other = openCallsInFolder(join(folder, 'open'));
    for (const id of ['b/../b', 'a*?', 'b/../b']) one.open(call(id));
    expect(other.of(session).map(({ id }) => id)).toEqual(['a*?', 'b/../b']);
    expect(other.close(session, 'a*?')).toMatchObject({ id: 'a*?' });
    expect(one.close(session, 'a*?')).toBeUndefined();
    one.close(session, 'b/../b');
    expect(readdirSync(join(folder, 'open'))).toEqual([]);
  });

  it('is forgotten where a session was quiet for a month', () => {
    const calls = openCallsInFolder(join(folder, 'open'));
    calls.open(call('a'));
    forgetQuietSessions(join(folder, 'open'), Date.now() + 29 * 86_400_000);
    expect(calls.of(session)).toHaveLength(1);
    forgetQuietSessions(join(folder, 'open'), Date.now() + 31 * 86_400_000);
    expect(calls.of(session)).toEqual([]);
  });
});
