import { createServer } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { defineSettings, port, setting } from '@kaizen-trace/settings';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kaizen-trace/testkit';
import {
  createLogger,
  createMetrics,
  OperationsModule,
  prettyLine,
  runMain,
  startHttp,
  StartError,
  type Logger,
  type ProcessLike,
  type Program,
  type ReadinessIndicator,
} from './index.js';

const collect = () => {
  const lines: string[] = [];
  return { lines, sink: { write: (line: string) => void lines.push(line) } };
};

const silent: Logger = createLogger({
  service: 'test',
  level: 'silent',
  format: 'json',
  sink: collect().sink,
});

const start = (indicators: readonly ReadinessIndicator[], listenOn = 0) =>
  startHttp({
    module: OperationsModule.forRoot({
      metrics: createMetrics({ service: 'test', process: true }),
      indicators,
    }),
    host: '127.0.0.1',
    port: listenOn,
    variable: 'KAIZEN_TEST_PORT',
    logger: silent,
  });

describe('startHttp with the operations module', () => {
  it('answers health, readiness and metrics', async () => {
    const server = await start([{ name: 'log', check: () => ({ type: 'ready' }) }]);
    try {
      expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: 'alive' });
      const ready = await fetch(`${server.url}/readyz`);
      expect(ready.status).toBe(200);
      expect(await ready.json()).toEqual({ status: 'ready', checks: { log: { type: 'ready' } } });
      const metrics = await fetch(`${server.url}/metrics`);
      expect(metrics.headers.get('content-type')).toContain('text/plain');
      expect(await metrics.text()).toContain('process_resident_memory_bytes{service="test"}');
    } finally {
      await server.close();
    }
  });

  it('answers 503 with what is not ready and why, also where a check throws', async () => {
    const server = await start([
      { name: 'fine', check: () => ({ type: 'ready' }) },
      { name: 'log', check: () => ({ type: 'not-ready', reason: 'no broker' }) },
      { name: 'odd', check: () => Promise.reject(new Error('boom')) },
    ]);
    try {
      const answer = await fetch(`${server.url}/readyz`);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toEqual({
        status: 'not-ready',
        checks: {
          fine: { type: 'ready' },
          log: { type: 'not-ready', reason: 'no broker' },
          odd: { type: 'not-ready', reason: 'boom' },
        },
      });
    } finally {
      await server.close();
    }
  });

  it('names a port in use and the variable that changes it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const taken = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await expect(start([], taken)).rejects.toMatchObject({
        code: 'KAIZEN_PORT_IN_USE',
        message: expect.stringMatching(new RegExp(`port ${taken} .*KAIZEN_TEST_PORT`)) as unknown,
      });
    } finally {
      other.close();
    }
  });

  it('lets an open request end on close, and cuts it when the time is up', async () => {
    let arrived = 0;
    let finish = (): void => undefined;
    @Controller()
    class SlowController {
      @Get('slow')
      async slow(): Promise<string> {
        arrived += 1;
        await new Promise<void>((resolve) => (finish = resolve));
        return 'done';
      }
    }
    @Module({ controllers: [SlowController] })
    class SlowModule {}
    const open = () =>
      startHttp({
        module: SlowModule,
        host: '127.0.0.1',
        port: 0,
        variable: 'X',
        logger: silent,
        closeTimeoutMs: 300,
      });
    const patient = await open();
    const answer = fetch(`${patient.url}/slow`).then((response) => response.text());
    await eventually('the request arrives', 10_000, () => arrived === 1);
    const closed = patient.close();
    finish();
    expect(await answer).toBe('done');
    await closed;
    const cut = await open();
    const broken = fetch(`${cut.url}/slow`).then(
      () => 'answered',
      () => 'cut',
    );
    await eventually('the request arrives', 10_000, () => arrived === 2);
    await cut.close();
    expect(await broken).toBe('cut');
  });
});

describe('the logger', () => {
  it('masks secrets at the top and nested', () => {
    const { lines, sink } = collect();
    const logger = createLogger({ service: 'test', level: 'info', format: 'json', sink });
    logger.info(
      {
        password: 'hunter2',
        kafka: { sasl: { password: 'hunter2' } },
        headers: { authorization: 'hunter2', 'x-api-key': 'hunter2' },
      },
      'hello',
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('hunter2');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ service: 'test', msg: 'hello', level: 'info' });
  });

  it('writes one readable line for a terminal', () => {
    const json = JSON.stringify({
      level: 'warn',
      time: '2026-01-02T03:04:05.678Z',
      service: 's',
      partition: 3,
      msg: 'slow',
    });
    expect(prettyLine(json)).toBe('03:04:05.678 WARN  s  slow  partition=3\n');
  });
});

/** A process of its own: what it writes, how it exits, and signals sent by hand. */
const openProcess = (env: Record<string, string>) => {
  const { lines, sink } = collect();
  const listeners = new Map<string, (error: unknown) => void>();
  const exits: number[] = [];
  const host: ProcessLike = {
    env,
    stdout: { on: () => undefined },
    stderr: { ...sink, on: () => undefined },
    on: (event: string, listener: (error: unknown) => void) => listeners.set(event, listener),
    exit: (code) => void exits.push(code),
  };
  return {
    host,
    exits,
    text: () => lines.join(''),
    /** Waits until the program listens for it, as a person does who stops what runs. */
    emit: async (event: string) => {
      await eventually(`it listens for ${event}`, 10_000, () => listeners.has(event));
      listeners.get(event)?.(new Error(event));
    },
  };
};

const settings = defineSettings({
  port: setting({ names: ['KAIZEN_X'], parser: port, default: 1, about: '' }),
});
const program = (start: Program<typeof settings.entries>['start']): Program<typeof settings.entries> => ({
  name: 'test-service',
  settings,
  start,
});

describe('runMain', () => {
  it('prints every wrong setting without a stack and exits 1, before anything starts', async () => {
    const process = openProcess({ KAIZEN_X: 'abc', KAIZEN_LOG_LEVEL: 'loud' });
    let started = false;
    await runMain(
      program(() => {
        started = true;
        return Promise.reject(new Error());
      }),
      process.host,
    );
    expect(process.exits).toEqual([1]);
    expect(process.text()).toMatch(/KAIZEN_X is "abc"[^]*KAIZEN_LOG_LEVEL is "loud"/);
    expect(process.text()).not.toContain('    at ');
    expect(started).toBe(false);
  });

  it('shows a start error without a stack, any other with it', async () => {
    const expected = openProcess({});
    await runMain(
      program(() => Promise.reject(new StartError('port 1 is in use'))),
      expected.host,
    );
    expect([expected.exits, expected.text()]).toEqual([[1], 'test-service cannot start: port 1 is in use\n']);
    const bug = openProcess({});
    await runMain(
      program(() => Promise.reject(new TypeError('bug'))),
      bug.host,
    );
    expect(bug.exits).toEqual([1]);
    expect(bug.text()).toContain('stack');
  });

  it('warns of misspelt variables, closes on SIGTERM and exits 0', async () => {
    const process = openProcess({ KAFKA_BROKER: 'a:1' });
    let closed = 0;
    const run = runMain(
      program(() => Promise.resolve({ close: () => Promise.resolve(void (closed += 1)) })),
      process.host,
    );
    await process.emit('SIGTERM');
    await run;
    expect([closed, process.exits]).toEqual([1, [0]]);
    expect(process.text()).toContain('Did you mean KAFKA_BROKERS?');
  });

  it('gives up waiting when the time to stop is over, or on a second signal', async () => {
    const stuck = program(() => Promise.resolve({ close: () => new Promise<void>(() => undefined) }));
    const late = openProcess({ KAIZEN_SHUTDOWN_TIMEOUT: '100ms' });
    const lateRun = runMain(stuck, late.host);
    await late.emit('SIGTERM');
    await lateRun;
    expect(late.exits).toEqual([1]);
    const impatient = openProcess({ KAIZEN_SHUTDOWN_TIMEOUT: '500ms' });
    const impatientRun = runMain(stuck, impatient.host);
    await impatient.emit('SIGINT');
    await impatient.emit('SIGINT');
    await impatientRun;
    expect(impatient.exits).toEqual([130]);
  });

  it('exits 1 where the service cannot go on', async () => {
    const process = openProcess({});
    const done = Promise.reject(new Error('lost the log'));
    await runMain(
      program(() => Promise.resolve({ close: () => Promise.resolve(), done })),
      process.host,
    );
    expect(process.exits).toEqual([1]);
    expect(process.text()).toContain('lost the log');
  });
});
