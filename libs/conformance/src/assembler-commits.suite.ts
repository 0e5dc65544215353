import { describe, expect, it } from '@jest/globals';
import type { DeadLetter, LogConnection, OwnedPartition, UnitOfWork } from '@kaizen-trace/ports';
import type { SuiteContext } from './fixture.js';
import { bytes, eventually, fixtureOf, scanAll, scanEverything, text, values } from './harness.js';
import { acquire, commit, holdInput, leaseOf, restored, unit } from './members.js';

const letter: DeadLetter = { key: bytes('key'), value: bytes('bad'), headers: [['why', bytes('test')]] };

const work = (name: string, next: bigint): UnitOfWork =>
  unit({
    next,
    spans: [bytes(`${name}-span-1`), bytes(`${name}-span-2`)],
    state: [
      { key: 'partition', value: bytes(name) },
      { key: `open-${name}`, value: bytes(name) },
    ],
    deadLetters: [{ ...letter, value: bytes(`${name}-letter`) }],
  });

/** What anyone can see of the units that were committed on one partition. */
const visible = async (connection: LogConnection, owned: OwnedPartition): Promise<unknown> => ({
  spans: values(await scanAll(connection.spans({ group: 'onlooker' }), owned.partition)),
  letters: values(await scanEverything(connection.deadLetters)),
  state: [...(await restored(owned))].map(([key, value]) => `${key}=${text(value)}`).sort(),
  position: owned.committedOffset,
});

const nothing = { spans: [], letters: [], state: [], position: undefined };
const everything = {
  spans: ['a-span-1', 'a-span-2'],
  letters: ['a-letter'],
  state: ['open-a=a', 'partition=a'],
  position: 7n,
};

/** The atomic commit and its fence. */
export const describeAssemblerCommits = (context: SuiteContext): void => {
  describe('assembler log: commit', () => {
    const fixture = fixtureOf(context);
    const { patienceMs } = context;
    const timeout = patienceMs * 3;

    it(
      'shows nothing before a commit, and spans, state, dead letters and offset together after it',
      async () => {
        const onlooker = await fixture().connect();
        const held = await holdInput(await fixture().connect(), fixture());
        const lease = await leaseOf(held, 1, context);
        const owned = await acquire(lease, context);
        expect(await visible(onlooker, owned)).toEqual(nothing);
        await commit(owned, work('a', 7n));
        await owned.close();
        await owned.close();
        expect(await visible(onlooker, await acquire(lease, context))).toEqual(everything);
        const others = await scanAll(onlooker.spans({ group: 'onlooker' }), 0);
        expect(others).toHaveLength(0);
      },
      timeout,
    );

    it(
      'leaves all of a commit or nothing where the process dies during it',
      async () => {
        const doomed = await fixture().connect();
        const owned = await acquire(await leaseOf(await holdInput(doomed, fixture()), 0, context), context);
        const outcome = owned.commit(work('a', 7n)).catch(() => undefined);
        await fixture().crash(doomed);
        const heir = await fixture().connect();
        const lease = await leaseOf(await holdInput(heir, fixture()), 0, context);
        const seen = await visible(heir, await acquire(lease, context));
        const committed = (await outcome)?.type === 'committed';
        expect([nothing, everything]).toContainEqual(seen);
        if (committed) expect(seen).toEqual(everything);
      },
      timeout,
    );

    it(
      'leaves nothing of a unit that was never committed',
      async () => {
        const doomed = await fixture().connect();
        await acquire(await leaseOf(await holdInput(doomed, fixture()), 0, context), context);
        await fixture().crash(doomed);
        const heir = await fixture().connect();
        const lease = await leaseOf(await holdInput(heir, fixture()), 0, context);
        expect(await visible(heir, await acquire(lease, context))).toEqual(nothing);
      },
      timeout,
    );

    it(
      'fences the older owner as soon as the partition is acquired again: its commit changes nothing',
      async () => {
        const connection = await fixture().connect();
        const lease = await leaseOf(await holdInput(connection, fixture()), 0, context);
        const older = await acquire(lease, context);
        const newer = await acquire(lease, context);
        expect(await older.commit(work('zombie', 99n))).toMatchObject({ type: 'fenced' });
        expect(await visible(connection, newer)).toEqual(nothing);
        await commit(newer, work('a', 7n));
        expect(await older.commit(work('zombie', 99n))).toMatchObject({ type: 'fenced' });
        expect(await visible(connection, await acquire(lease, context))).toEqual(everything);
      },
      timeout,
    );

    it(
      "never lets a former member's commit through once another has acquired",
      async () => {
        const doomed = await fixture().connect();
        const zombie = await acquire(await leaseOf(await holdInput(doomed, fixture()), 0, context), context);
        await fixture().crash(doomed);
        const heir = await fixture().connect();
        const lease = await leaseOf(await holdInput(heir, fixture()), 0, context);
        const owned = await acquire(lease, context);
        const outcome = await zombie.commit(work('zombie', 99n)).catch(() => undefined);
        expect(outcome?.type).not.toBe('committed');
        await commit(owned, work('a', 7n));
        expect(await visible(heir, await acquire(lease, context))).toEqual(everything);
      },
      timeout,
    );

    it(
      'keeps commits in order, the later ones after the earlier, and the last position',
      async () => {
        const connection = await fixture().connect();
        const lease = await leaseOf(await holdInput(connection, fixture()), 2, context);
        const owned = await acquire(lease, context);
        for (let turn = 1; turn <= 5; turn += 1)
          await commit(
            owned,
            unit({ next: BigInt(turn * 10), spans: [bytes(`s${turn}`), bytes(`t${turn}`)] }),
          );
        const spans = await scanAll(connection.spans({ group: 'onlooker' }), 2);
        expect(values(spans)).toEqual([1, 2, 3, 4, 5].flatMap((turn) => [`s${turn}`, `t${turn}`]));
        const again = await acquire(lease, context);
        expect(again.committedOffset).toBe(50n);
      },
      timeout,
    );

    it(
      'commits a unit of several MiB whole',
      async () => {
        const connection = await fixture().connect();
        const lease = await leaseOf(await holdInput(connection, fixture()), 0, context);
        const owned = await acquire(lease, context);
        const size = 500 * 1024;
        const spans = Array.from({ length: 9 }, (_, index) => new Uint8Array(size).fill(index + 1));
        const state = Array.from({ length: 6 }, (_, index) => ({
          key: `large-${index}`,
          value: new Uint8Array(200 * 1024).fill(index + 1),
        }));
        await commit(owned, unit({ next: 3n, spans, state }));
        const found = await scanAll(connection.spans({ group: 'onlooker' }), 0);
        expect(found.map(({ value }) => [value!.length, value![0]])).toEqual(
          spans.map((span) => [size, span[0]]),
        );
        const kept = await restored(await acquire(lease, context));
        expect(kept.size).toBe(6);
        expect(kept.get('large-5')!.length).toBe(200 * 1024);
      },
      timeout,
    );

    it(
      'commits a message of one span that is larger than any event',
      async () => {
        const connection = await fixture().connect();
        const lease = await leaseOf(await holdInput(connection, fixture()), 0, context);
        const owned = await acquire(lease, context);
        const size = 1_600 * 1024;
        await commit(owned, unit({ next: 1n, spans: [new Uint8Array(size).fill(7)], state: [] }));
        const found = await scanAll(connection.spans({ group: 'onlooker' }), 0);
        expect(found.map(({ value }) => value!.length)).toEqual([size]);
      },
      timeout,
    );

    it(
      'lets partitions commit side by side',
      async () => {
        const connection = await fixture().connect();
        const held = await holdInput(connection, fixture());
        await eventually('all partitions', patienceMs, () => held.leases.size === fixture().partitions);
        const owners = await Promise.all([...held.leases.values()].map((lease) => acquire(lease, context)));
        await Promise.all(
          owners.flatMap((owned) =>
            commit(owned, unit({ next: 1n, spans: [bytes(`of-${owned.partition}`)], state: [] })),
          ),
        );
        for (const { partition } of owners)
          expect(values(await scanAll(connection.spans({ group: 'onlooker' }), partition))).toEqual([
            `of-${partition}`,
          ]);
      },
      timeout,
    );
  });
};
