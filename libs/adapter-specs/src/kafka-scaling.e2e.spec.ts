import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import { simulateEvents } from '@kaizen-trace/cli';
import { describeReal, eventually, Fleet, startLoad, type FleetAssembler } from '@kaizen-trace/testkit';

const script = fileURLToPath(new URL('../../../apps/span-assembler/dist/main.js', import.meta.url));
const rate = 300;

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
}, 60_000);

/** A fleet whose operations end soon, so that it can come to rest; and agents that work on it. */
const underLoad = async (
  brokers: readonly string[],
  partitions: number,
): Promise<{ readonly fleet: Fleet; readonly load: ReturnType<typeof startLoad> }> => {
  const settings = { KAIZEN_OPEN_TTL: '6s', KAIZEN_REORDER_GRACE: '3s' };
  fleet = await Fleet.open({ brokers, name: `scaling-${randomUUID()}`, partitions, script, settings });
  const events = simulateEvents({
    agents: 12,
    traces: Number.MAX_SAFE_INTEGER,
    rate,
    seed: 'scaling',
    start: BigInt(Date.now()) * 1000n,
    openFor: 3_000_000,
  });
  return { fleet, load: startLoad({ log: fleet.log.events, events, rate }) };
};

/** Time for agents to work while nothing changes: a handful of commits of each partition. */
const someWork = (): Promise<void> => sleep(1500);

/** What they complain of; that a rebalance cut a restore short, and left a beginning behind, they may say. */
const complaintsOf = async (assemblers: readonly FleetAssembler[]): Promise<readonly string[]> =>
  (await Promise.all(assemblers.map((each) => each.complaints())))
    .flat()
    .filter((line) => !line.includes('is not used: it was never finished'));

await describeReal('assemblers that come and go under load', ['kafka'], ({ kafka }) => {
  it('go from one to four and back to two: nothing is lost, nothing twice, every span that of an undisturbed fold', async () => {
    const { fleet, load } = await underLoad(kafka.brokers, 6);
    const one = fleet.start('one');
    await fleet.shares({ one: 6 });
    await someWork();
    const [two, three, four] = ['two', 'three', 'four'].map((name) => fleet.start(name)) as [
      FleetAssembler,
      FleetAssembler,
      FleetAssembler,
    ];
    const shared = async (): Promise<readonly number[]> =>
      Object.values(await fleet.holdings()).map(({ length }) => length);
    await eventually('four share six partitions', 45_000, async () =>
      expectedShares(await shared(), [1, 1, 2, 2]),
    );
    await someWork();
    expect(await Promise.all([one.service.stop(), three.service.stop()])).toEqual([0, 0]);
    await fleet.shares({ two: 3, four: 3 });
    await someWork();
    await load.stop();
    await fleet.drained(45_000);
    expect(await Promise.all([two.service.stop(), four.service.stop()])).toEqual([0, 0]);
    expect(load.acknowledged.size).toBeGreaterThan(1000);
    expect(await fleet.differences(load.acknowledged)).toEqual({});
    expect(await complaintsOf([one, two, three, four])).toEqual([]);
  }, 150_000);

  it('are ready, hold nothing and complain of nothing where they outnumber the partitions, and take over when one leaves or dies', async () => {
    const { fleet, load } = await underLoad(kafka.brokers, 2);
    const first = fleet.start('first');
    const second = fleet.start('second');
    await fleet.shares({ first: 1, second: 1 });
    const spare = fleet.start('spare');
    const reserve = fleet.start('reserve');
    const all = { first: 1, second: 1, spare: 0, reserve: 0 };
    await fleet.shares(all);
    await someWork();
    await fleet.shares(all);
    expect(await complaintsOf([first, second, spare, reserve])).toEqual([]);
    expect(await first.service.stop()).toBe(0);
    await eventually('a surplus assembler takes over', 45_000, async () => {
      const { second: kept = [], ...others } = await fleet.holdings();
      return (
        kept.length === 1 &&
        expectedShares(
          Object.values(others).map(({ length }) => length),
          [0, 1],
        )
      );
    });
    await someWork();
    await second.service.kill();
    await fleet.shares({ spare: 1, reserve: 1 });
    await load.stop();
    await fleet.drained(45_000);
    expect(await Promise.all([spare.service.stop(), reserve.service.stop()])).toEqual([0, 0]);
    expect(await fleet.differences(load.acknowledged)).toEqual({});
  }, 150_000);
});

const expectedShares = (shares: readonly number[], wanted: readonly number[]): boolean =>
  JSON.stringify([...shares].sort()) === JSON.stringify(wanted);
