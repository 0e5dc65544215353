import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Millis } from '@kaizen-trace/contracts';
import { millis } from '@kaizen-trace/contracts';
import type { GroupMember, LogReader, LogRecord, OwnedPartition, UnitOfWork } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import { scanAll } from '@kaizen-trace/testkit';
import type { EmbeddedLog } from './embedded-log.js';
import { openEmbeddedLog } from './embedded-log.js';
import type { EmbeddedLogOptions } from './options.js';
import { useStore } from './open-store.js';
import { compileOptions } from './options.js';
import { trimOnce } from './retention.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const event = (text: string): { key: Uint8Array; value: Uint8Array } => ({
  key: bytes('k'),
  value: bytes(text),
});

const unit = (parts: Partial<UnitOfWork> & { readonly next: bigint }): UnitOfWork => ({
  spans: parts.spans ?? [],
  state: parts.state ?? [],
  deadLetters: parts.deadLetters ?? [],
  nextOffset: offset(parts.next),
});

const scan = (reader: LogReader, partition = 0): Promise<readonly LogRecord[]> => scanAll(reader, partition);

const texts = (records: readonly LogRecord[]): readonly string[] =>
  records.map(({ value }) => Buffer.from(value!).toString());

const own = (log: EmbeddedLog): Promise<OwnedPartition> =>
  new Promise((resolve, reject) => {
    void log.assemblers({ group: 'g' }).join(async (lease) => {
      const outcome = await lease.acquire();
      if (outcome.type === 'acquired') resolve(outcome.owned);
      else reject(outcome.cause);
      await new Promise((done) => lease.signal.addEventListener('abort', done, { once: true }));
    });
  });

const stateOf = async (owned: OwnedPartition): Promise<readonly (readonly [string, string])[]> => {
  const found: (readonly [string, string])[] = [];
  for (const page of (await owned.restore()).all())
    found.push(...page.map(({ key, value }) => [key, Buffer.from(value!).toString()] as const));
  return found;
};

let directory: string;
const opened = new Set<EmbeddedLog>();

const open = async (options: Partial<EmbeddedLogOptions> = {}): Promise<EmbeddedLog> => {
  const log = await openEmbeddedLog({ directory, ...options });
  opened.add(log);
  return log;
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kaizen-log-'));
});
afterEach(async () => {
  for (const log of opened) await log.close();
  opened.clear();
  await rm(directory, { recursive: true, force: true });
});

describe('opening an embedded log', () => {
  it('finds everything again after a restart', async () => {
    const first = await open({ partitions: 1 });
    await first.events.append([event('a'), event('b')]);
    const owned = await own(first);
    const letter = { key: null, value: bytes('letter'), headers: [] };
    const state = [
      { key: 'kept', value: bytes('1') },
      { key: 'empty', value: bytes('') },
    ];
    await owned.commit(unit({ next: 2n, spans: [bytes('span')], state, deadLetters: [letter] }));
    await first.close();

    const second = await open();
    expect(await second.assemblers({ group: 'g' }).partitionCount()).toBe(1);
    expect(texts(await scan(second.events))).toEqual(['a', 'b']);
    expect(texts(await scan(second.spans({ group: 'x' })))).toEqual(['span']);
    expect(texts(await scan(second.deadLetters))).toEqual(['letter']);
    const again = await own(second);
    expect(again.committedOffset).toBe(2n);
    expect(await stateOf(again)).toEqual([
      ['empty', ''],
      ['kept', '1'],
    ]);
    await second.events.append([event('c')]);
    expect((await scan(second.events)).map((record) => record.offset)).toEqual([0n, 1n, 2n]);
    await second.close();
  });

  it('refuses a directory without a log where it may not create one, and creates nothing', async () => {
    const missing = join(directory, 'nowhere');
    await expect(open({ directory: missing, create: false })).rejects.toMatchObject({
      code: 'KAIZEN_LOG_MISSING',
      message: expect.stringContaining('KAIZEN_DATA_DIR') as unknown,
    });
    const empty = join(directory, 'empty');
    await mkdir(empty);
    await expect(open({ directory: empty, create: false })).rejects.toThrow('no log in');
    expect(await readdir(directory)).toEqual(['empty']);
    expect(await readdir(empty)).toEqual([]);
  });

  it('refuses another partition count than the log was created with, open or not', async () => {
    const log = await open({ partitions: 3 });
    await expect(open({ partitions: 4 })).rejects.toThrow('3 partitions, not 4');
    expect(await log.ping()).toEqual({ type: 'reachable' });
    await log.close();
    await expect(open({ partitions: 4 })).rejects.toMatchObject({
      code: 'KAIZEN_LOG_PARTITIONS',
    });
    const again = await open({ partitions: 3 });
    await again.close();
  });

  it.each([0, -1, 1.5, 1_025])('refuses %d partitions', async (partitions) => {
    await expect(open({ partitions })).rejects.toMatchObject({
      code: 'KAIZEN_LOG_OPTION',
    });
  });

  it('has twelve partitions by default, and takes a directory with a dot in its name', async () => {
    const log = await open({ directory: join(directory, 'log.v1') });
    expect(await log.events.partitionCount()).toBe(12);
    await log.close();
    expect(await readdir(join(directory, 'log.v1'))).toContain('data.mdb');
  });
});

describe('an embedded log', () => {
  it('gives append times that never go back, whatever the clock does', async () => {
    const clock = [1_000, 2_000, 1_500, 3_000];
    const log = await open({ partitions: 1, now: () => millis(clock.shift()!) });
    for (const name of ['a', 'b', 'c', 'd']) await log.events.append([event(name)]);
    expect((await scan(log.events)).map(({ appendTime }) => appendTime)).toEqual([
      1_000, 2_000, 2_000, 3_000,
    ]);
    expect(await log.events.offsetAt(0, 1_001 as Millis)).toBe(1n);
    expect(await log.events.offsetAt(0, 2_001 as Millis)).toBe(3n);
    await log.close();
  });

  it('hands everything on at once when a member leaves, however long its session could last', async () => {
    const logs = [await open(), await open()];
    const join = (log: EmbeddedLog): Promise<GroupMember> =>
      log
        .assemblers({ group: 'g', sessionTimeoutMs: 600_000 })
        .join(
          ({ signal }) =>
            new Promise((done) => signal.addEventListener('abort', () => done(), { once: true })),
        );
    const first = await join(logs[0]!);
    expect(first.assigned()).toHaveLength(12);
    await logs[0]!.close();
    const second = await join(logs[1]!);
    expect(second.assigned()).toHaveLength(12);
    await logs[1]!.close();
  });

  it('keeps the state of two groups apart', async () => {
    const log = await open({ partitions: 1 });
    const owned = await own(log);
    await owned.commit(unit({ next: 1n, state: [{ key: 'a', value: bytes('1') }] }));
    const other = await new Promise<OwnedPartition>((resolve) => {
      void log.assemblers({ group: 'other' }).join(async (lease) => {
        const outcome = await lease.acquire();
        if (outcome.type === 'acquired') resolve(outcome.owned);
        await new Promise((done) => lease.signal.addEventListener('abort', done, { once: true }));
      });
    });
    expect(other.committedOffset).toBeUndefined();
    expect(await stateOf(other)).toEqual([]);
    await log.close();
  });

  it('refuses a state key that it could not store, before anything is written', async () => {
    const log = await open({ partitions: 1 });
    const owned = await own(log);
    const state = [{ key: 'x'.repeat(1_701), value: bytes('1') }];
    await expect(owned.commit(unit({ next: 1n, spans: [bytes('s')], state }))).rejects.toThrow(RangeError);
    expect(await scan(log.spans({ group: 'x' }))).toEqual([]);
    const longest = [{ key: 'ä'.repeat(850), value: bytes('1') }];
    expect(await owned.commit(unit({ next: 1n, state: longest }))).toEqual({ type: 'committed' });
    await log.close();
  });

  it('removes what is old and passed by every group, and nothing else', async () => {
    let time = 1_000;
    const options = compileOptions({ directory, partitions: 1, now: () => millis(time) });
    const store = await useStore(options);
    const log = await open();
    const large = 'x'.repeat(60_000);
    for (let index = 0; index < 100; index += 1) await log.events.append([event(`${index}-${large}`)]);
    time = 5_000;
    await log.events.append([event('young')]);

    await trimOnce(store, 2_000);
    expect((await log.events.bounds(0)).start).toBe(0n);

    const owned = await own(log);
    await owned.commit(unit({ next: 70n }));
    await trimOnce(store, 2_000);
    expect(await log.events.bounds(0)).toEqual({ start: 70n, end: 101n });
    expect(store.env.chunks.getCount()).toBe(31);

    await owned.commit(unit({ next: 101n }));
    await trimOnce(store, 2_000);
    expect(texts(await scan(log.events))).toEqual(['young']);
    expect((await log.events.bounds(0)).start).toBe(100n);

    await trimOnce(store, 9_000);
    expect(await log.events.bounds(0)).toEqual({ start: 101n, end: 101n });
    await log.events.append([event('next')]);
    expect((await scan(log.events)).map((record) => record.offset)).toEqual([101n]);
    await log.close();
    await store.release();
  });
});
