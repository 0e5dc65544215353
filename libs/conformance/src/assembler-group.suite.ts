import { describe, expect, it } from '@jest/globals';
import { untilAborted } from '@kaizen-trace/ports';
import type { SuiteContext } from './fixture.js';
import { eventually, fixtureOf, sleep, within } from './harness.js';
import { assemblersOf, holdInput } from './members.js';

const all = (partitions: number): readonly number[] =>
  Array.from({ length: partitions }, (_, index) => index);

/** Who holds which input partition: joining, sharing, leaving, dying. */
export const describeAssemblerGroup = (context: SuiteContext): void => {
  describe('assembler log: group', () => {
    const fixture = fixtureOf(context);
    const { patienceMs } = context;
    const timeout = patienceMs * 3;

    it(
      'assigns every partition to an only member, and tells it so',
      async () => {
        const connection = await fixture().connect();
        const { member, leases } = await holdInput(connection, fixture());
        await eventually('all partitions', patienceMs, () => leases.size === fixture().partitions);
        expect([...leases.keys()].sort()).toEqual(all(fixture().partitions));
        expect([...member.assigned()].sort()).toEqual(all(fixture().partitions));
        expect(await assemblersOf(connection, fixture()).partitionCount()).toBe(fixture().partitions);
        await member.leave();
        await member.leave();
        await member.done;
        expect(leases.size).toBe(0);
        expect(member.assigned()).toEqual([]);
      },
      timeout,
    );

    it(
      'gives a second member a share, and everything back when one leaves',
      async () => {
        const { partitions } = fixture();
        const first = await holdInput(await fixture().connect(), fixture());
        await eventually('first has all', patienceMs, () => first.leases.size === partitions);
        const second = await holdInput(await fixture().connect(), fixture());
        expect(second.member.memberId).not.toBe(first.member.memberId);
        await eventually(
          'both share',
          patienceMs,
          () =>
            second.leases.size > 0 &&
            first.leases.size > 0 &&
            first.leases.size + second.leases.size === partitions,
        );
        expect([...first.leases.keys(), ...second.leases.keys()].sort()).toEqual(all(partitions));
        expect(Math.abs(first.leases.size - second.leases.size)).toBeLessThanOrEqual(1);
        expect(first.member.rebalances()).toBeGreaterThan(0);
        await first.member.leave();
        await eventually('second has all', patienceMs, () => second.leases.size === partitions);
        expect(second.member.rebalances()).toBeGreaterThan(0);
      },
      timeout,
    );

    it(
      'hands a partition on only when its holder has returned',
      async () => {
        const holders = new Map<number, number>();
        let shared = 0;
        let taken = 0;
        const join = async (): Promise<unknown> =>
          assemblersOf(await fixture().connect(), fixture()).join(async ({ partition, signal }) => {
            const now = (holders.get(partition) ?? 0) + 1;
            holders.set(partition, now);
            taken += 1;
            if (now > 1) shared += 1;
            await untilAborted(signal);
            await sleep(200);
            holders.set(partition, holders.get(partition)! - 1);
          });
        await join();
        await eventually('first has all', patienceMs, () => taken === fixture().partitions);
        await join();
        await eventually('second has some', patienceMs, () => taken > fixture().partitions);
        await sleep(300);
        expect(shared).toBe(0);
      },
      timeout,
    );

    it(
      'shows what each member announces and holds to whoever asks, and nobody who has left',
      async () => {
        const { partitions } = fixture();
        const asking = assemblersOf(await fixture().connect(), fixture());
        expect(await asking.members()).toEqual([]);
        const first = await holdInput(await fixture().connect(), fixture(), 'http://one:1/ü');
        const second = await holdInput(await fixture().connect(), fixture());
        const shown = async (): Promise<unknown> =>
          Object.fromEntries(
            (await asking.members()).map(({ memberId, announcement, partitions: held }) => [
              memberId,
              [announcement, [...held].sort()],
            ]),
          );
        await eventually(
          'both share',
          patienceMs,
          () =>
            second.leases.size > 0 &&
            first.leases.size > 0 &&
            first.leases.size + second.leases.size === partitions,
        );
        expect(await shown()).toEqual({
          [first.member.memberId]: ['http://one:1/ü', [...first.leases.keys()].sort()],
          [second.member.memberId]: [undefined, [...second.leases.keys()].sort()],
        });
        await first.member.leave();
        await eventually('second has all', patienceMs, () => second.leases.size === partitions);
        expect(await shown()).toEqual({ [second.member.memberId]: [undefined, all(partitions)] });
      },
      timeout,
    );

    it(
      "gives a dead member's partitions to the others after its session timeout",
      async () => {
        const { partitions } = fixture();
        const doomed = await fixture().connect();
        const first = await holdInput(doomed, fixture());
        const second = await holdInput(await fixture().connect(), fixture());
        await eventually(
          'both share',
          patienceMs,
          () => second.leases.size > 0 && first.leases.size + second.leases.size === partitions,
        );
        await fixture().crash(doomed);
        await eventually('the survivor has all', patienceMs, () => second.leases.size === partitions);
        expect([...second.member.assigned()].sort()).toEqual(all(partitions));
      },
      timeout,
    );

    it(
      'leaves the groups when the connection closes, so that others need not wait for a timeout',
      async () => {
        const { partitions } = fixture();
        const leaving = await fixture().connect();
        const first = await holdInput(leaving, fixture());
        await eventually('first has all', patienceMs, () => first.leases.size === partitions);
        await leaving.close();
        await first.member.done;
        expect(first.leases.size).toBe(0);
        const second = await holdInput(await fixture().connect(), fixture());
        await eventually('second has all', patienceMs, () => second.leases.size === partitions);
      },
      timeout,
    );

    it(
      'calls the holder once for each assignment, even where it returns early, and leaves cleanly then',
      async () => {
        const { partitions } = fixture();
        const calls: number[] = [];
        const member = await assemblersOf(await fixture().connect(), fixture()).join(({ partition }) => {
          calls.push(partition);
          return Promise.resolve();
        });
        await eventually('every holder was called', patienceMs, () => calls.length >= partitions);
        await sleep(300);
        expect([...calls].sort()).toEqual(all(partitions));
        await within('leaving ends', patienceMs, member.leave());
        await member.done;
      },
      timeout,
    );

    it(
      'ends the membership with the error of a holder that throws',
      async () => {
        const connection = await fixture().connect();
        const member = await assemblersOf(connection, fixture()).join(({ partition, signal }) =>
          partition === 0 ? Promise.reject(new Error('holder failed')) : untilAborted(signal),
        );
        await within('done rejects', patienceMs, expect(member.done).rejects.toThrow('holder failed'));
      },
      timeout,
    );
  });
};
