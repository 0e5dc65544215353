import { mkdir, mkdtemp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { StateEntry, StateStore } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import { differenceOf, LocalStore, StateDirectoryError, StateReplacedError } from './index.js';
import type { Change, ClaimedStore } from './index.js';
import { startOwner, until, type OtherOwner } from './testing/other-owner.js';

let base: string;
let directory: string;
const claimed = new Set<LocalStore>();
const others = new Set<OtherOwner>();
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'kaizen-store-'));
  directory = join(base, 'topic', 'partition-0');
});
afterEach(async () => {
  for (const { child } of others) child.kill('SIGKILL');
  for (const store of claimed) await store.close();
  others.clear();
  claimed.clear();
  await rm(base, { recursive: true, force: true });
});

const identity = { group: 'g', partition: '0' };

const claim = async (temporary = false): Promise<ClaimedStore> => {
  const found = await LocalStore.claim({ directory, identity, temporary });
  claimed.add(found.store);
  return found;
};

const entry = (key: string, value: string | null): StateEntry => ({
  key,
  value: value === null ? null : Buffer.from(value),
});

const change = (next: bigint, entries: readonly StateEntry[]): Change => ({
  entries,
  nextOffset: offset(next),
  at: { position: next * 10n, asOf: Number(next) },
});

const textsOf = (view: StateStore): readonly string[] =>
  [...view.all()].flat().map(({ key, value }) => `${key}=${Buffer.from(value!).toString()}`);

const start = (): OtherOwner => {
  const owner = startOwner(directory);
  others.add(owner);
  return owner;
};

/** A store that was closed with two entries. */
const leave = async (): Promise<void> => {
  const { store } = await claim();
  await store.follow(change(1n, [entry('t:a', '1'), entry('partition', '1')]));
  await store.close();
};

/** The one directory of an owner. */
const owned = async (): Promise<string> => {
  const names = await readdir(directory);
  expect(names).toHaveLength(1);
  return join(directory, names[0]!);
};

const overwrite = async (file: string, position: number, bytes: Buffer): Promise<void> => {
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, bytes.length, position);
  await handle.close();
};

describe('a local store', () => {
  it('is found again with its mark after a clean close', async () => {
    await leave();
    const { store, mark, fault } = await claim();
    expect(fault).toBeUndefined();
    expect(mark).toMatchObject({ position: 10n, asOf: 1 });
    expect(differenceOf(mark!, identity)).toBeUndefined();
    expect(differenceOf(mark!, { ...identity, group: 'other' })).toBe('group g, not other');
    expect(differenceOf({ ...mark!, identity: { ...identity, format: '0' } }, identity)).toBe(
      'format 0, not 1',
    );
    expect(textsOf(store.view())).toEqual(['partition=1', 't:a=1']);
  });

  it('says what can be read, and writes by itself what it was given', async () => {
    const { store, mark } = await claim();
    expect(mark).toBeUndefined();
    const view = store.view();
    await store.follow(change(5n, [entry('t:a', '1')]));
    expect(view.settled()).toBe(0n);
    expect(view.get('t:a')).toBeUndefined();
    const deadline = Date.now() + 5_000;
    while (view.settled() < 5n && Date.now() < deadline) await new Promise((done) => setTimeout(done, 20));
    expect(view.settled()).toBe(5n);
    expect(textsOf(view)).toEqual(['t:a=1']);
    await store.follow(change(5n, [entry('t:a', '2')]));
    expect(view.settled()).toBe(4n);
    await store.flush();
    expect(view.settled()).toBe(5n);
  });

  it('never puts on the disk what came and went in between', async () => {
    const { store } = await claim();
    const large = 'x'.repeat(1024 * 1024);
    for (let next = 1n; next <= 30n; next += 1n) {
      await store.follow(change(next, [entry(`t:${next}`, large), entry('partition', `${next}`)]));
      await store.follow(change(next, [entry(`t:${next}`, null)]));
    }
    await store.close();
    expect((await stat(join(await owned(), 'data.mdb'))).size).toBeLessThan(1024 * 1024);
  });

  it('takes many MiB at once in bounded portions', async () => {
    const { store } = await claim();
    const value = 'x'.repeat(20_000);
    for (let next = 1n; next <= 2_000n; next += 1n)
      await store.follow(change(next, [entry(`t:${next}`, value), entry('partition', `${next}`)]));
    expect(store.view().settled()).toBeGreaterThan(1_000n);
    await store.flush();
    expect([...store.view().all()].flat()).toHaveLength(2_001);
  });

  it('lags behind its owner at a crash, never ahead, and what it has is whole', async () => {
    const killed = start();
    await until('it writes', () => killed.lines.length > 20);
    killed.child.kill('SIGKILL');
    await killed.exited;
    const said = Number(killed.lines.at(-1));
    const { store, mark } = await claim();
    const record = Number(Buffer.from(store.view().get('partition')!).toString());
    expect(record).toBeGreaterThanOrEqual(said);
    expect(record).toBeLessThanOrEqual(said + 1);
    expect(mark!.position).toBe(BigInt(record));
    expect(store.view().entriesOf('trace')).toHaveLength(record);
  });

  it('is taken from a process that still has it: that one writes and reads no more', async () => {
    const zombie = start();
    await until('it writes', () => zombie.lines.length > 5);
    const { store, mark, fault } = await claim();
    expect(fault).toBeUndefined();
    await store.follow(change(mark!.position + 1n, [entry('partition', 'heir')]));
    await store.flush();
    await until('it is told', () => zombie.lines.includes('StateReplacedError'));
    await zombie.exited;
    expect(zombie.lines.slice(-2)).toEqual(['StateReplacedError', 'closed']);
    expect(Buffer.from(store.view().get('partition')!).toString()).toBe('heir');
    expect(store.view().entriesOf('trace').length).toBe(Number(mark!.position));
    await owned();
  });

  it('is taken from a former owner in the same process', async () => {
    const former = await claim();
    const view = former.store.view();
    await former.store.follow(change(1n, [entry('t:a', '1')]));
    const heirs = await Promise.all([claim(), claim()]);
    expect(() => view.get('t:a')).toThrow(StateReplacedError);
    await former.store.follow(change(2n, [entry('t:a', 'late')]));
    await expect(former.store.flush()).rejects.toThrow(StateReplacedError);
    expect(() => heirs[0].store.view().get('t:a')).toThrow(StateReplacedError);
    expect(heirs[1].store.view().get('t:a')).toBeUndefined();
    await former.store.close();
    await heirs[1].store.follow(change(3n, [entry('t:a', 'heir')]));
    await heirs[1].store.flush();
    expect(textsOf(heirs[1].store.view())).toEqual(['t:a=heir']);
  });

  it('is taken from a former owner in the same process that is just being restored', async () => {
    const former = await claim();
    for (let from = 0; from < 20_000; from += 1_000)
      await former.store.load(
        Array.from({ length: 1_000 }, (_, index) => entry(`t:${from + index}`, 'x'.repeat(1_000))),
      );
    const completed = former.store.complete({ at: { position: 1n, asOf: 1 } });
    const late = expect(completed).rejects.toThrow(StateReplacedError);
    const { store, mark } = await claim();
    await late;
    expect(mark).toBeUndefined();
    await store.follow(change(1n, [entry('t:a', 'heir')]));
    await store.flush();
    expect(textsOf(store.view())).toEqual(['t:a=heir']);
  });

  it('that is distrusted is gone, also for who comes after a crash', async () => {
    const fresh = await claim();
    await fresh.store.follow({ entries: [entry('t:a', '1')], at: { position: 1n, asOf: 1 } });
    await fresh.store.flush();
    expect(fresh.store.view().distrust()).toBe(false);
    await fresh.store.close();
    await leave();
    const { store } = await claim();
    expect(store.view().distrust()).toBe(true);
    await store.follow(change(9n, [entry('t:b', '1')]));
    await store.flush();
    expect(await readdir(await owned())).not.toContain('size');
    await store.close();
    expect((await claim()).mark).toBeUndefined();
  });

  it('can begin anew', async () => {
    await leave();
    const { store } = await claim();
    await store.follow(change(2n, [entry('t:lost', '1')]));
    await store.reset();
    expect(textsOf(store.view())).toEqual([]);
    await store.follow(change(3n, [entry('t:b', '1')]));
    await store.close();
    const again = await claim();
    expect(textsOf(again.store.view())).toEqual(['t:b=1']);
    await owned();
  });

  it('leaves nothing where it is temporary', async () => {
    const { store } = await claim(true);
    await store.follow(change(3n, [entry('t:b', '1')]));
    await store.close();
    await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a local store that was damaged is not opened, but begun anew', () => {
  const pageSize = 4096;
  const damages: readonly (readonly [string, (path: string) => Promise<void>])[] = [
    ['truncated in the middle', (path) => truncate(join(path, 'data.mdb'), 5 * pageSize)],
    ['truncated to a few bytes', (path) => truncate(join(path, 'data.mdb'), 100)],
    ['empty', (path) => truncate(join(path, 'data.mdb'), 0)],
    ['without its data', (path) => rm(join(path, 'data.mdb'))],
    [
      'with a directory for its data',
      async (path) => {
        await rm(join(path, 'data.mdb'));
        await mkdir(join(path, 'data.mdb'));
      },
    ],
    ['garbage at the begin', (path) => overwrite(join(path, 'data.mdb'), 0, Buffer.alloc(pageSize, 0x5a))],
    [
      'garbage in its second page',
      (path) => overwrite(join(path, 'data.mdb'), pageSize, Buffer.alloc(pageSize, 0x5a)),
    ],
    ['garbage for its size', (path) => writeFile(join(path, 'size'), Buffer.alloc(500, 0xff))],
    ['empty for its size', (path) => writeFile(join(path, 'size'), '')],
    ['without its size', (path) => rm(join(path, 'size'))],
  ];
  it.each(damages)('%s', async (_, damage) => {
    await leave();
    await damage(await owned());
    const { store, mark, fault } = await claim();
    expect(fault).toMatch(/./);
    expect(mark).toBeUndefined();
    await store.follow(change(2n, [entry('t:b', '1')]));
    await store.close();
    const again = await claim();
    expect(again.fault).toBeUndefined();
    expect(textsOf(again.store.view())).toEqual(['t:b=1']);
    await owned();
  });
});

describe('a directory that cannot be written', () => {
  it('is refused by name, with the reason and the variable', async () => {
    await writeFile(join(base, 'topic'), 'a file');
    await expect(claim()).rejects.toThrow(StateDirectoryError);
    await expect(claim()).rejects.toThrow(/partition-0 \(.*ENOTDIR.*\(KAIZEN_STATE_DIR\)/);
    directory = '/proc/nope/partition-0';
    await expect(claim()).rejects.toMatchObject({ code: 'KAIZEN_STATE_DIR' });
  });
});
