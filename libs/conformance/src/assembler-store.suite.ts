import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LogConnection, OwnedPartition, StateEntry, StateStore } from '@kaizen-trace/ports';
import type { SuiteContext } from './fixture.js';
import { bytes, eventually, fixtureOf } from './harness.js';
import { acquire, commit, holdInput, leaseOf, unit } from './members.js';
import { apply, dueValue, expectState, type StateModel } from './state-model.js';

// Few of each, so that they meet.
const trace = fc.constantFrom('a', 'b', 'ab', 'a\0b', 'ä\u001f', 'a\u0001', '\\');
const key = fc.oneof(
  fc.constantFrom('c:1', 'c:2', 'x'),
  trace.map((id) => `t:${id}`),
  fc.tuple(fc.constantFrom('o', 'h'), fc.integer({ min: 0, max: 3 }), trace).map((parts) => parts.join(':')),
);
const value = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 5 }).map((due) => dueValue(due, 'v')) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1).map((due) => dueValue(due)) },
  { weight: 1, arbitrary: fc.constantFrom('', '\u0001old', '\u0002').map(bytes) },
  { weight: 2, arbitrary: fc.constant(null) },
);
const change: fc.Arbitrary<StateEntry> = fc.record({ key, value });
const changes = fc.uniqueArray(change, { selector: (entry) => entry.key, maxLength: 12 });
const commits = fc.array(changes, { minLength: 1, maxLength: 4 });

/** A partition with what it should have; one owner after the other. */
class Played {
  readonly model: StateModel = new Map();
  next = 0n;

  /** Commits, each with the partition's own record. */
  async commit(owned: OwnedPartition, units: readonly (readonly StateEntry[])[]): Promise<void> {
    for (const entries of units) {
      this.next += 1n;
      const state = [...entries, { key: 'partition', value: bytes(`${this.next}`) }];
      await commit(owned, unit({ next: this.next, state }));
      apply(this.model, state);
    }
  }

  /** What a new owner finds is all there at once. */
  async restore(owned: OwnedPartition): Promise<StateStore> {
    const store = await owned.restore();
    expect(store.settled()).toBe(this.next);
    expectState(store, this.model);
    return store;
  }

  /** What the owner commits is there when it is settled. */
  async expectSettled(store: StateStore, patienceMs: number): Promise<void> {
    await eventually('the commits are settled', patienceMs, () => store.settled() >= this.next);
    expect(store.settled()).toBe(this.next);
    expectState(store, this.model);
  }
}

/** The state on the disk that an owner reads. */
export const describeAssemblerStore = (context: SuiteContext): void => {
  describe('assembler log: state store', () => {
    const fixture = fixtureOf(context);
    const { patienceMs } = context;
    const timeout = patienceMs * 3;

    const ownOf = async (connection: LogConnection): Promise<OwnedPartition> =>
      acquire(await leaseOf(await holdInput(connection, fixture()), 0, context), context);

    it(
      'gives just what was committed, by key, by trace and by due time, to one owner after the other',
      async () => {
        const held = await holdInput(await fixture().connect(), fixture());
        const lease = await leaseOf(held, 0, context);
        const played = new Played();
        let turn = 0;
        const property = fc.asyncProperty(commits, commits, async (first, second) => {
          const owned = await acquire(lease, context);
          const store = await played.restore(owned);
          await played.commit(owned, first);
          turn += 1;
          if (turn % 4 === 0) await played.expectSettled(store, patienceMs);
          await played.commit(owned, second);
          if (turn % 2 === 0) await owned.close();
        });
        await fc.assert(property, { numRuns: 8 });
        await played.restore(await acquire(lease, context));
      },
      timeout,
    );

    it(
      'gives all that was committed before a crash to the next owner, on the same machine or another',
      async () => {
        const played = new Played();
        for (const machine of ['first', 'second', 'second']) {
          const connection = await fixture().connect(machine);
          const owned = await ownOf(connection);
          await played.restore(owned);
          for (const units of fc.sample(commits, { numRuns: 3 })) await played.commit(owned, units);
          await fixture().crash(connection);
        }
        await played.restore(await ownOf(await fixture().connect('first')));
      },
      timeout,
    );

    it(
      'brings a machine up to date that had the partition before, through hand-overs',
      async () => {
        const played = new Played();
        const own = async (machine: string, entries: readonly StateEntry[]): Promise<void> => {
          const connection = await fixture().connect(machine);
          const owned = await ownOf(connection);
          await played.restore(owned);
          await played.commit(owned, [entries]);
          await connection.close();
        };
        const put = (id: string, due: number): StateEntry => ({ key: `t:${id}`, value: dueValue(due) });
        const removed = (id: string): StateEntry => ({ key: `t:${id}`, value: null });
        await own('first', [put('kept', 5), put('gone', 5), put('moved', 5)]);
        await own('second', [removed('gone'), put('moved', 9), put('late', 1)]);
        await own('second', []);
        await own('first', [put('gone', 7)]);
        await own('second', []);
      },
      timeout,
    );

    it(
      'takes all that fall due at one time together, however many are asked for',
      async () => {
        const owned = await ownOf(await fixture().connect());
        const store = await owned.restore();
        const at = (due: number, count: number): readonly StateEntry[] =>
          Array.from({ length: count }, (_, index) => ({
            key: `o:${index}:at-${due}-${index}`,
            value: dueValue(due),
          }));
        const played = new Played();
        await played.commit(owned, [[...at(10, 5), ...at(20, 3), ...at(30, 1)]]);
        await eventually('the commit is settled', patienceMs, () => store.settled() >= played.next);
        const due = (after: number, through: number, atMost: number): readonly [number, number] => {
          const found = store.due({ after, through, atMost });
          return [found.traces.length, found.through];
        };
        expect(due(0, 100, 1)).toEqual([5, 10]);
        expect(due(0, 100, 5)).toEqual([5, 10]);
        expect(due(0, 100, 6)).toEqual([8, 20]);
        expect(due(10, 100, 4)).toEqual([4, 100]);
        expect(due(9, 10, 1)).toEqual([5, 10]);
        expect(due(10, 19, 1)).toEqual([0, 19]);
        expect(due(30, 20, 1)).toEqual([0, 20]);
        expect([0, 9, 10, 19, 20, 30].map((after) => store.nextDue(after))).toEqual([
          10,
          10,
          20,
          20,
          30,
          undefined,
        ]);
      },
      timeout,
    );

    it(
      'forgets the due time of what was removed, of what became due at another time, and of what never is',
      async () => {
        const owned = await ownOf(await fixture().connect());
        const store = await owned.restore();
        const played = new Played();
        const put = (id: string, due: number): StateEntry => ({ key: `t:${id}`, value: dueValue(due) });
        await played.commit(owned, [
          [put('removed', 10), put('moved', 10), put('settled', 10), put('same', 10)],
        ]);
        await played.expectSettled(store, patienceMs);
        await played.commit(owned, [
          [{ key: 't:removed', value: null }, put('moved', 20), put('settled', 0), put('same', 10)],
        ]);
        await played.expectSettled(store, patienceMs);
        expect(store.due({ after: 0, through: 15, atMost: 9 }).traces).toEqual(['same']);
        expect(store.due({ after: 15, through: 99, atMost: 9 }).traces).toEqual(['moved']);
      },
      timeout,
    );

    it(
      'is not read any more by an owner that was replaced, nor after it was closed',
      async () => {
        const held = await holdInput(await fixture().connect(), fixture());
        const lease = await leaseOf(held, 0, context);
        const older = await (await acquire(lease, context)).restore();
        expect(older.get('partition')).toBeUndefined();
        const owned = await acquire(lease, context);
        const newer = await owned.restore();
        expect(() => older.get('partition')).toThrow();
        expect(() => older.due({ after: 0, through: 1, atMost: 1 })).toThrow();
        expect(newer.entriesOf('a')).toEqual([]);
        await owned.close();
        expect(() => newer.entriesOf('a')).toThrow();
      },
      timeout,
    );

    it(
      'tells how far a restore has come',
      async () => {
        const first = await fixture().connect();
        const entries = Array.from({ length: 3_000 }, (_, index) => ({
          key: `t:${index}`,
          value: dueValue(index, 'x'.repeat(1_000)),
        }));
        const played = new Played();
        await played.commit(await ownOf(first), [entries]);
        await first.close();
        const seen: (readonly [number, number])[] = [];
        const owned = await ownOf(await fixture().connect('second'));
        const store = await owned.restore((done, total) => seen.push([done, total]));
        expect([...store.all()].flat()).toHaveLength(played.model.size);
        for (const [done, total] of seen) expect(done).toBeLessThanOrEqual(total);
        const [done, total] = seen.at(-1) ?? [0, 0];
        expect(done).toBe(total);
        expect(seen.map(([each]) => each)).toEqual(seen.map(([each]) => each).toSorted((a, b) => a - b));
      },
      timeout,
    );
  });
};
