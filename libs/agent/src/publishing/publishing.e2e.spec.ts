import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { indexes, publishingFixture } from '../testing/publishing-fixture.js';

const at = publishingFixture();
const script = fileURLToPath(new URL('../../test/publishing-agent.mjs', import.meta.url));

let runs = 0;

const started = (how: string, options: Readonly<Record<string, unknown>>, limits = '') => {
  const { PATH = '', HOME = '' } = process.env;
  // A file takes every line at once; a pipe may be full.
  const output = join(at.gateway.directory, `output-${(runs += 1)}`);
  const warnings = `${output}-warnings`;
  const [file, warned] = [openSync(output, 'w'), openSync(warnings, 'w')];
  const args = [script, how, JSON.stringify({ url: at.gateway.url, ...options })];
  const child = spawn('/bin/sh', ['-c', `${limits} exec "$0" "$@"`, process.execPath, ...args], {
    env: { PATH, HOME },
    stdio: ['ignore', file, warned],
  });
  closeSync(file);
  closeSync(warned);
  const said = (): string => readFileSync(output, 'utf8');
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    child,
    /** The numbers of the events that it knows to be accepted: whole lines only. */
    accepted: () =>
      said()
        .split('\n')
        .slice(0, -1)
        .filter((line) => /^\d+$/.test(line))
        .map(Number),
    ended: async () => {
      const [code, signal] = await ended;
      return { code, signal };
    },
    warnings: () => readFileSync(warnings, 'utf8'),
    ready: async () => {
      while (!said().includes('ready')) await sleep(10);
    },
  };
};

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.each([
  ['the ring', () => ({})],
  ['the spool', () => ({ overflow: 'spool', spool: { directory: at.folder } })],
])('an agent that ends, by %s', (_, buffer) => {
  const options = () => ({ ...buffer(), count: 500, trace: 't' });

  it.each([
    ['natural', { code: 0, signal: null }],
    ['exit', { code: 3, signal: null }],
    ['throw', { code: 1, signal: null }],
    ['reject', { code: 1, signal: null }],
  ])('by %s has sent everything', async (how, outcome) => {
    expect(await started(how, options()).ended()).toEqual(outcome);
    expect(indexes(await at.gateway.events())).toEqual(numbers(500));
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'by %s has sent everything, and ends by it',
    async (signal) => {
      const agent = started('stay', options());
      await agent.ready();
      agent.child.kill(signal);
      expect(await agent.ended()).toEqual({ code: null, signal });
      expect(indexes(await at.gateway.events())).toEqual(numbers(500));
    },
  );

  it('sends what is published in the last moment', async () => {
    expect((await started('late', options()).ended()).code).toBe(0);
    expect(indexes(await at.gateway.events())).toEqual(numbers(501));
  });

  it('is not held up where the gateway is away', async () => {
    await at.gateway.goAway();
    const began = performance.now();
    expect(await started('natural', { ...options(), exitFlushMs: 10_000 }).ended()).toEqual({
      code: 0,
      signal: null,
    });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('is held up no longer than told where nothing answers', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const began = performance.now();
    expect(await started('exit', { ...options(), url, exitFlushMs: 500 }).ended()).toEqual({
      code: 3,
      signal: null,
    });
    expect(performance.now() - began).toBeLessThan(4_000);
    silent.close();
  });
});

it('says at the end what could not be delivered, where nobody listens for problems', async () => {
  await at.gateway.goAway();
  const agent = started('natural', { count: 5, trace: 't', warns: true });
  expect((await agent.ended()).code).toBe(0);
  expect(agent.warnings()).toContain('5 events could not be delivered before the process ended');
});

describe('a signal', () => {
  it('that the agent listens for is its own affair', async () => {
    const agent = started('stay', { count: 10, trace: 't', own: 'SIGTERM' });
    await agent.ready();
    agent.child.kill('SIGTERM');
    expect(await agent.ended()).toEqual({ code: 7, signal: null });
    expect(indexes(await at.gateway.events())).toEqual(numbers(10));
  });

  it('ends an agent that both traces and publishes', async () => {
    const agent = started('stay', { count: 10, trace: 't', tracing: true });
    await agent.ready();
    agent.child.kill('SIGTERM');
    expect(await agent.ended()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(indexes(await at.gateway.events())).toEqual(numbers(10));
  });
});

it('an agent whose spool has no more room takes events again when what it holds is sent', async () => {
  const spool = { overflow: 'spool', spool: { directory: at.folder } };
  // What a full disk does as well: the file cannot grow.
  const agent = started('again', { ...spool, count: 2000, trace: 't', padding: 1000 }, 'ulimit -f 1000;');
  expect(await agent.ended()).toEqual({ code: 0, signal: null });
  const accepted = agent.accepted();
  expect(accepted.length).toBeLessThan(2000);
  expect(accepted.at(-1)).toBe(2000);
  expect(agent.warnings()).toContain('cannot be written');
  expect(indexes(await at.gateway.events())).toEqual(accepted);
});

describe('an agent that is killed, with a spool', () => {
  const kills = Number(process.env.SPOOL_KILLS ?? 6);

  it('loses nothing that was accepted; within the grace at most one batch of a trace comes again', async () => {
    const accepted = new Set<string>();
    const options = { overflow: 'spool', spool: { directory: at.folder }, batch: { lingerMs: 1 }, traces: 2 };
    for (let run = 0; run < kills; run += 1) {
      const agent = started('ever', { ...options, count: 20, trace: `run${run}` });
      await sleep(300 + Math.random() * 400);
      agent.child.kill('SIGKILL');
      await agent.ended();
      for (const index of agent.accepted()) accepted.add(`run${run}-${index % 2}:${index}`);
    }
    expect(
      (await started('natural', { ...options, count: 1, trace: 'last', exitFlushMs: 20_000 }).ended()).code,
    ).toBe(0);
    const events = await at.gateway.events();
    const found = new Set(events.map(({ traceId, data }) => `${traceId}:${Number(data.index)}`));
    expect([...accepted].filter((each) => !found.has(each))).toEqual([]);
    expect(accepted.size).toBeGreaterThan(kills * 20);
    // The assembler remembers 256 ids of a trace: a repeat must come before 256 others of its trace have come.
    const seen = new Map<string, Map<string, number>>();
    let repeats = 0;
    for (const { traceId, eventId } of events) {
      const ids = seen.get(traceId) ?? new Map<string, number>();
      seen.set(traceId, ids);
      const before = ids.get(eventId);
      if (before !== undefined) {
        repeats += 1;
        expect(ids.size - before).toBeLessThan(256);
      } else ids.set(eventId, ids.size);
    }
    expect(repeats).toBeLessThanOrEqual(kills * 2 * 128);
    // What was sent is gone; the last agent's folder waits to be found empty.
    expect(readdirSync(at.folder).length).toBeLessThanOrEqual(1);
  }, 120_000);
});
