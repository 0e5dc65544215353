import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { offset } from '@kaizen-trace/ports';
import { LocalStore } from './index.js';
import { SortedRuns, type Item } from './sorted-runs.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kaizen-load-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const key = fc
  .uint8Array({ minLength: 1, maxLength: 3 })
  .map((bytes) => Buffer.from(bytes.map((byte) => byte % 4)));
const value = fc.option(fc.integer({ min: 0, max: 60_000 }).map((size) => Buffer.alloc(size, size % 251)));
const run = fc
  .uniqueArray(fc.record({ at: key, value }), { selector: ({ at }) => at.toString('hex'), maxLength: 20 })
  .map((items) => items.toSorted((one, other) => Buffer.compare(one.at, other.at)));

describe('sorted runs', () => {
  it('give each key once, in order, with the value of its latest run', async () => {
    let turn = 0;
    const property = fc.asyncProperty(fc.array(run, { maxLength: 9 }), async (runs: readonly Item[][]) => {
      const sorted = new SortedRuns(join(directory, `${(turn += 1)}`));
      const model = new Map<string, Buffer | null>();
      for (const items of runs) {
        await sorted.add(items);
        for (const item of items) model.set(item.at.toString('hex'), item.value);
      }
      const wanted = [...model]
        .filter(([, each]) => each !== null)
        .sort(([one], [other]) => (one < other ? -1 : 1));
      const found = Array.from(sorted.merged(), (item) => [item.at.toString('hex'), item.value] as const);
      expect(found.map(([at]) => at)).toEqual(wanted.map(([at]) => at));
      found.forEach(([, each], index) => expect(each!.equals(wanted[index]![1]!)).toBe(true));
      await sorted.remove();
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('a bulk load', () => {
  const valueDue = (due: number, size: number): Buffer => {
    const bytes = Buffer.alloc(7 + size, 1);
    bytes[0] = 2;
    bytes.writeUIntBE(due, 1, 6);
    return bytes;
  };

  it('of more than memory takes at once ends as the last value of each entry, with its due time', async () => {
    const { store } = await LocalStore.claim({ directory, identity: {}, temporary: false });
    const traces = 9_000;
    const keyOf = (trace: number): string => `t:${(trace * 7_919) % traces}-trace`;
    for (let version = 1; version <= 3; version += 1)
      for (let from = 0; from < traces; from += 500)
        await store.load(
          Array.from({ length: 500 }, (_, index) => {
            const trace = from + index;
            const gone = version === 3 && trace % 10 === 0;
            return { key: keyOf(trace), value: gone ? null : valueDue(version * 100_000 + trace, 2_000) };
          }),
        );
    await store.load([{ key: 'partition', value: Buffer.from('record') }]);
    await store.complete({ nextOffset: offset(5n), at: { position: 9n, asOf: 1 } });
    const view = store.view();
    expect(view.settled()).toBe(5n);
    const all = [...view.all()].flat();
    expect(all).toHaveLength(8_101);
    expect(valueDue(300_001, 2_000).equals(view.get(keyOf(1))!)).toBe(true);
    expect(view.get(keyOf(10))).toBeUndefined();
    expect(view.nextDue(0)).toBe(300_001);
    expect(view.due({ after: 0, through: 1e9, atMost: 1e6 }).traces).toHaveLength(8_100);
    await store.close();
    const [left] = await readdir(directory);
    expect((await readdir(join(directory, left!))).sort()).toEqual(['data.mdb', 'lock.mdb', 'size']);
    const again = await LocalStore.claim({ directory, identity: {}, temporary: true });
    expect(again.mark).toMatchObject({ position: 9n });
    expect([...again.store.view().all()].flat()).toHaveLength(8_101);
    await again.store.close();
  }, 30_000);

  it('of nothing leaves an empty store', async () => {
    const { store } = await LocalStore.claim({ directory, identity: {}, temporary: true });
    await store.load([
      { key: 't:a', value: Buffer.from('1') },
      { key: 't:b', value: null },
    ]);
    await store.load([{ key: 't:a', value: null }]);
    await store.complete({ at: undefined });
    expect([...store.view().all()]).toEqual([]);
    await store.close();
  });
});
