import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LogReader, OwnedPartition } from '@kaizen-trace/ports';
import { offset, untilAborted } from '@kaizen-trace/ports';
import { eventually, scanEverything } from '@kaizen-trace/testkit';
import type { EmbeddedLog } from './embedded-log.js';
import { openEmbeddedLog } from './embedded-log.js';

const testDirectory = fileURLToPath(new URL('../test/', import.meta.url));
const command = [
  '--experimental-transform-types',
  '--disable-warning=ExperimentalWarning',
  '--conditions=@kaizen-trace/source',
  '--import',
  join(testDirectory, 'source-hooks.mjs'),
  join(testDirectory, 'process.mjs'),
];

interface Spawned {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  readonly exited: Promise<unknown>;
}

let directory: string;
let running: Spawned[] = [];
const opened = new Set<EmbeddedLog>();

const started = (child: ChildProcess): Spawned => {
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  const entry = { child, lines, exited: once(child, 'close') };
  running.push(entry);
  return entry;
};

const environment = { ...process.env, NODE_OPTIONS: '' };

const start = (role: string, name: string): Spawned =>
  started(
    spawn(process.execPath, [...command, role, directory, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: environment,
    }),
  );

const until = (what: string, condition: () => boolean): Promise<void> => eventually(what, 30_000, condition);

const connect = async (): Promise<EmbeddedLog> => {
  const log = await openEmbeddedLog({ directory, partitions: 4 });
  opened.add(log);
  return log;
};

const ownedPartition = (log: EmbeddedLog): Promise<OwnedPartition> =>
  new Promise((resolve, reject) => {
    void log.assemblers({ group: 'g' }).join(async (lease) => {
      const outcome = await lease.acquire();
      if (outcome.type !== 'acquired') reject(outcome.cause);
      else if (lease.partition === 0) resolve(outcome.owned);
      await untilAborted(lease.signal);
    });
  });

/** Stops the process, but not in the middle of a write: LMDB's lock would then keep everybody from writing. */
const freeze = async ({ child }: Spawned, log: EmbeddedLog): Promise<void> => {
  for (;;) {
    child.kill('SIGSTOP');
    const write = log.events.append([{ key: Buffer.from('probe'), value: Buffer.from('probe') }]);
    const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 1_000));
    if ((await Promise.race([write, late])) !== 'late') return;
    child.kill('SIGCONT');
    await write;
  }
};

const valuesOf = async (reader: LogReader): Promise<readonly string[]> =>
  (await scanEverything(reader)).map(({ value }) => Buffer.from(value!).toString());

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kaizen-processes-'));
  running = [];
});

afterEach(async () => {
  for (const { child, exited } of running) {
    child.kill('SIGKILL');
    await exited;
  }
  for (const log of opened) await log.close();
  opened.clear();
  await rm(directory, { recursive: true, force: true });
});

describe('several processes on one directory', () => {
  it('append side by side, and every process reads all of it, each key in order', async () => {
    const log = await connect();
    const writers = [start('some', 'x'), start('some', 'y')];
    await Promise.all(writers.map(({ exited }) => exited));
    const found = await valuesOf(log.events);
    expect(found).toHaveLength(600);
    for (const name of ['x', 'y']) {
      const sent = Array.from({ length: 100 }, (_, index) =>
        ['a', 'b', 'c'].map((part) => `${name}-${index}${part}`),
      );
      expect(found.filter((value) => value.startsWith(name))).toEqual(sent.flat());
    }
  }, 30_000);

  it('wake a waiting reader for what another one appends', async () => {
    const log = await connect();
    let seen = 0;
    const member = await log.assemblers({ group: 'g', sessionTimeoutMs: 600_000 }).join(async (lease) => {
      const outcome = await lease.acquire();
      if (outcome.type !== 'acquired') throw outcome.cause;
      for await (const { records } of outcome.owned.read(outcome.owned.bounds.start)) seen += records.length;
    });
    start('some', 'x');
    await until('all records have come', () => seen === 300);
    await member.leave();
  }, 30_000);

  it('lose nothing that was acknowledged when one is killed in the middle of appending', async () => {
    const acknowledged: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      const writer = start('append', name);
      await until('some are acknowledged', () => writer.lines.length > 150);
      writer.child.kill('SIGKILL');
      await writer.exited;
      acknowledged.push(...writer.lines);
    }
    const found = await valuesOf((await connect()).events);
    const kept = new Set(found);
    for (const value of acknowledged)
      for (const part of ['a', 'b', 'c']) expect(kept.has(`${value}${part}`)).toBe(true);
    // Whatever else is there came whole: three records to an append, at most one of them unanswered a process.
    expect(found.length % 3).toBe(0);
    expect(kept.size).toBe(found.length);
    expect(found.length).toBeLessThanOrEqual(acknowledged.length * 3 + 9);
  }, 60_000);

  it('take over from a killed process at once, long before its session runs out', async () => {
    const doomed = start('own', 'long');
    await until('it holds all', () => doomed.lines.filter((line) => line.startsWith('holds')).length === 4);
    doomed.child.kill('SIGKILL');
    await doomed.exited;
    const log = await connect();
    const member = await log.assemblers({ group: 'g' }).join(({ signal }) => untilAborted(signal));
    await until('all are taken over', () => member.assigned().length === 4);
  }, 30_000);

  it('leave spans, state, dead letters and position in step when one is killed in the middle of committing', async () => {
    const base = directory;
    for (let round = 0; round < 3; round += 1) {
      directory = join(base, `${round}`);
      const doomed = start('own', 'busy');
      const committed = (): number => doomed.lines.filter((line) => line === 'committed').length;
      await until('it commits', () => committed() > 100 + round * 37);
      doomed.child.kill('SIGKILL');
      await doomed.exited;
      const log = await connect();
      const spans = await valuesOf(log.spans({ group: 'onlooker' }));
      expect(spans).toEqual(Array.from({ length: spans.length }, (_, index) => `${index + 1}`));
      expect(spans.length).toBeGreaterThanOrEqual(committed());
      expect(await valuesOf(log.deadLetters)).toEqual(spans);
      const owned = await ownedPartition(log);
      expect(owned.committedOffset).toBe(BigInt(spans.length));
      const record = (await owned.restore()).get('partition');
      expect(Buffer.from(record!).toString()).toBe(spans.at(-1));
      await log.close();
    }
    directory = base;
  }, 60_000);

  it('fence a process that was frozen past its session timeout', async () => {
    const frozen = start('own', 'short');
    await until('it commits', () => frozen.lines.filter((line) => line === 'committed').length > 5);
    const log = await connect();
    await freeze(frozen, log);
    const owners: OwnedPartition[] = [];
    await log.assemblers({ group: 'g', sessionTimeoutMs: 500 }).join(async (lease) => {
      const outcome = await lease.acquire();
      if (outcome.type === 'acquired' && lease.partition === 0) owners.push(outcome.owned);
      await untilAborted(lease.signal);
    });
    await until('the heir has partition 0', () => owners.length === 1);
    const [heir] = owners;
    const before = await valuesOf(log.spans({ group: 'onlooker' }));
    expect(heir!.committedOffset).toBe(BigInt(before.length));
    frozen.child.kill('SIGCONT');
    await until('the zombie is fenced', () => frozen.lines.includes('fenced'));
    expect(frozen.lines.slice(frozen.lines.indexOf('fenced'))).not.toContain('committed');
    expect(await valuesOf(log.spans({ group: 'onlooker' }))).toEqual(before);
    const unit = { spans: [], state: [], deadLetters: [], nextOffset: offset(99n) };
    expect(await heir!.commit(unit)).toEqual({ type: 'committed' });
  }, 60_000);

  it('answer unavailable on a full disk, stay alive, and keep what was acknowledged', async () => {
    const limited = `trap '' XFSZ; ulimit -f 8192; exec "$0" "$@"`;
    const writer = started(
      spawn('sh', ['-c', limited, process.execPath, ...command, 'fill', directory, 'full'], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: environment,
      }),
    );
    expect(await writer.exited).toEqual([0, null]);
    const acknowledged = writer.lines.filter((line) => line.startsWith('full-'));
    expect(acknowledged.length).toBeGreaterThan(2);
    expect(writer.lines.slice(acknowledged.length)).toEqual(['unavailable', 'reachable']);
    expect(await valuesOf((await connect()).events)).toHaveLength(acknowledged.length * 3);
  }, 60_000);
});
