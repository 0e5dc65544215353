import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { readEvent, toJson } from '@kaizen-trace/contracts';
import { type Gateway, openGateway } from '@kaizen-trace/gateway';
import type { LogConnection } from '@kaizen-trace/ports';
import { createLogger } from '@kaizen-trace/service-kit';
import { simulateEvents } from '../simulation/fleet.js';
import { readCliSettings } from '../settings.js';
import { byTrace, loggedEvents } from '../testing/logged-events.js';
import { run } from '../testing/run-cli.js';
import { freshDefaults } from './fresh-defaults.js';

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

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-cli-'));
  const settings = readCliSettings({ KAIZEN_DATA_DIR: folder });
  log = await openLog(settings.log);
  gateway = await openGateway({
    events: log.events,
    ping: () => log.ping(),
    host: '127.0.0.1',
    port: 0,
    apiKeys: ['key-1'],
    maxBodyBytes: 16 * 1024 ** 2,
    maxInFlightBytes: 64 * 1024 ** 2,
    requestTimeoutMs: 10_000,
    logger: quiet,
  });
  env = { KAIZEN_GATEWAY_URL: gateway.url, KAIZEN_API_KEY: 'key-1' };
});

afterEach(async () => {
  await gateway.close();
  await log.close();
  await rm(folder, { recursive: true });
});

const logged = () => loggedEvents(log.events);

const fleet = {
  agents: 3,
  traces: 60,
  rate: 0,
  seed: 'real',
  start: 1_795_163_400_000_000n,
  openFor: 3_600_000_000,
};

describe('publish, to the real gateway on the real embedded log', () => {
  it('brings every event into the log, once, each trace in its order', async () => {
    const events = [...simulateEvents(fleet)];
    const path = join(folder, 'run.ndjson');
    await writeFile(path, events.map((event) => `${JSON.stringify(toJson(event))}\n`).join(''));
    const { exitCode, stderr } = await run(['publish', path], { env });
    expect(stderr).toContain(`published ${events.length.toLocaleString('en-US')} events`);
    expect(exitCode).toBe(0);
    expect(await logged()).toEqual(byTrace(events));
  });

  it('refuses what the gateway would refuse, by line, and brings the rest', async () => {
    const good = { event_type: 'note', agent_id: 'a', trace_id: 't' };
    const large = { ...good, data: { text: 'x'.repeat(600 * 1024) } };
    const path = join(folder, 'mixed.ndjson');
    await writeFile(
      path,
      [good, large, { ...good, agent_id: '' }, good].map((line) => JSON.stringify(line)).join('\n'),
    );
    const sent = await run(['publish', path], { env });
    expect(sent.exitCode).toBe(2);
    expect(sent.stderr).toMatch(/line 2: is too large: \d+ bytes encoded/);
    expect(sent.stderr).toContain('line 3: agent_id must have');
    expect((await logged()).get('t')).toHaveLength(2);
    const dry = await run(['publish', path, '--dry-run'], { env });
    expect(dry.exitCode).toBe(2);
    const refusals = (stderr: string) =>
      stderr
        .split('\n')
        .filter((line) => line.startsWith('line '))
        .sort();
    expect(refusals(dry.stderr)).toEqual(refusals(sent.stderr));
  });

  it('publishes a simulated fleet with every event acknowledged', async () => {
    const { exitCode, stderr } = await run(['simulate', '--traces', '12', '--seed', 'real'], { env });
    expect(exitCode).toBe(0);
    const count = [...(await logged()).values()].flat().length;
    expect(stderr).toContain(`${count.toLocaleString('en-US')} acknowledged`);
  });

  it('is told of a wrong key', async () => {
    const path = join(folder, 'one.ndjson');
    await writeFile(path, '{"event_type":"note","agent_id":"a"}');
    const { exitCode, stderr } = await run(['publish', path], { env: { ...env, KAIZEN_API_KEY: 'key-2' } });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('KAIZEN_API_KEY');
  });
});

describe('publish, into an embedded log that is named', () => {
  it('appends to it beside the process that has it open', async () => {
    const example = new URL('../../../../examples/01-first-trace/run.ndjson', import.meta.url);
    const { exitCode } = await run(['publish', example.pathname], { env: { KAIZEN_DATA_DIR: folder } });
    expect(exitCode).toBe(0);
    const lines = (await readFile(example, 'utf8')).trim().split('\n');
    const events = lines.map((line) => {
      const reading = readEvent(JSON.parse(line), freshDefaults);
      if (reading.type === 'refused') throw new Error(reading.reason);
      return reading.event;
    });
    expect(await logged()).toEqual(byTrace(events));
  });

  it('exits 1 where there is none, and makes none', async () => {
    const path = join(folder, 'one.ndjson');
    await writeFile(path, '{"event_type":"note","agent_id":"a"}');
    const missing = join(folder, 'nothing-here');
    const { exitCode, stderr } = await run(['publish', path], { env: { KAIZEN_DATA_DIR: missing } });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(missing);
    await expect(readFile(missing)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('doctor', () => {
  interface Report {
    readonly ok: boolean;
    readonly checks: readonly {
      readonly name: string;
      readonly outcome: string;
      readonly detail: string;
      readonly remedy?: string;
    }[];
  }
  const examine = async (changes: Record<string, string>) => {
    const { exitCode, stdout } = await run(['doctor', '--json'], {
      env: { ...env, JAEGER_PORT: '1', KAIZEN_QUERY_PORT: '1', ...changes },
    });
    const report = JSON.parse(stdout) as Report;
    expect(exitCode).toBe(report.ok ? 0 : 1);
    return (name: string) => report.checks.find((check) => check.name === name)!;
  };

  it('finds gateway and log well, and names what is not there', async () => {
    const check = await examine({ KAIZEN_DATA_DIR: folder });
    expect(check('gateway')).toMatchObject({ outcome: 'ok' });
    expect(check('log')).toMatchObject({ outcome: 'ok' });
    expect(check('log').detail).toContain('12 partitions');
    expect(check('otlp')).toMatchObject({ outcome: 'failed' });
    expect(check('otlp').detail).toContain('nothing listens on localhost:1');
    expect(check('query')).toMatchObject({ outcome: 'failed' });
    expect([...(await logged()).values()]).toEqual([]);
  });

  it('tells a port that speaks HTTP from one that speaks OTLP', async () => {
    const check = await examine({ JAEGER_HOST: '127.0.0.1', JAEGER_PORT: String(gateway.port) });
    expect(check('otlp').detail).toContain('speaks HTTP, not OTLP gRPC: use 4317');
  });

  it('tells a wrong key from a gateway that is away', async () => {
    expect((await examine({ KAIZEN_API_KEY: 'key-2' }))('gateway').remedy).toContain('KAIZEN_API_KEY');
    expect((await examine({ KAIZEN_GATEWAY_URL: 'http://127.0.0.1:1' }))('gateway').remedy).toContain(
      'npm start',
    );
  });

  it('names a log that is missing', async () => {
    const check = await examine({ KAIZEN_DATA_DIR: join(folder, 'none') });
    expect(check('log')).toMatchObject({ outcome: 'failed' });
    expect(check('log').detail).toContain(join(folder, 'none'));
  });
});
