import { randomUUID } from 'node:crypto';
import { afterAll, expect, it } from '@jest/globals';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import type { GroupMember, LogConnection } from '@kaizen-trace/ports';
import { describeReal, eventually } from '@kaizen-trace/testkit';

const partitions = 12;

/** Who held a partition before, and who was given it. */
interface Move {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
}

interface Seat {
  readonly log: LogConnection;
  readonly member: GroupMember;
}

await describeReal('a group on a real broker', ['kafka'], ({ kafka }) => {
  const opened: LogConnection[] = [];
  afterAll(() => Promise.all(opened.map((log) => log.close())));

  /** Members by name, and every move of a partition from one to another since the first sharing. */
  const openGroup = () => {
    const topicPrefix = `sticky-${randomUUID()}.`;
    const group = randomUUID();
    const seats = new Map<string, Seat>();
    const holders = new Map<number, string>();
    const moves: Move[] = [];
    const join = async (name: string): Promise<void> => {
      const log = await openKafkaLog({ brokers: kafka.brokers, topicPrefix, partitions });
      opened.push(log);
      const assemblers = log.assemblers({ group, sessionTimeoutMs: 6000 });
      const member = await assemblers.join(({ partition, signal }) => {
        const from = holders.get(partition);
        if (from !== undefined && from !== name) moves.push({ partition, from, to: name });
        holders.set(partition, name);
        return new Promise((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve(), { once: true });
        });
      });
      seats.set(name, { log, member });
    };
    const leave = async (name: string): Promise<void> => {
      await seats.get(name)?.member.leave();
      seats.delete(name);
    };
    const shares = (): readonly number[] =>
      [...seats.values()].map(({ member }) => member.assigned().length).sort((a, b) => a - b);
    const settled = (wanted: readonly number[]): Promise<void> =>
      eventually(`shares of ${wanted.join(', ')}`, 20_000, () => String(shares()) === String(wanted));
    return { join, leave, settled, moves, held: (name: string) => seats.get(name)?.member.assigned() ?? [] };
  };

  it.each<[number, readonly number[], readonly number[]]>([
    [4, [3, 3, 3, 3], [4, 4, 4]],
    [5, [2, 2, 2, 3, 3], [3, 3, 3, 3]],
  ])(
    'moves in a rolling restart of %i members no partition but those of the one that leaves, and none back but its share',
    async (count, whole, without) => {
      const group = openGroup();
      const names = Array.from({ length: count }, (_, index) => `member-${index + 1}`);
      for (const name of names) await group.join(name);
      await group.settled(whole);
      for (const name of names) {
        group.moves.length = 0;
        const left = [...group.held(name)].sort((a, b) => a - b);
        await group.leave(name);
        await group.settled(without);
        const away = group.moves.splice(0);
        expect(away.map(({ from }) => from)).toEqual(left.map(() => name));
        expect(away.map(({ partition }) => partition).sort((a, b) => a - b)).toEqual(left);
        await group.join(name);
        await group.settled(whole);
        // It gets the least that leaves the shares even, and nothing moves between the others.
        const back = group.moves.splice(0);
        expect(back.map(({ to }) => to)).toEqual(back.map(() => name));
        expect(back).toHaveLength(Math.floor(partitions / count));
      }
      for (const name of names) await group.leave(name);
    },
    80_000,
  );
});
