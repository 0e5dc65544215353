import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import { describeReal, eventually, Fleet } from '@kaizen-trace/testkit';
import { appendTold, attributeOf, lengthsOf, spansOn } from './testing/records.js';

// As one object: Node's ESM loader does not see all names of kafkajs.
const { Kafka, logLevel } = kafkajs;

const script = fileURLToPath(new URL('../../../apps/span-assembler/dist/main.js', import.meta.url));
const begin = 1_763_600_000_000_000n;
const thirtyHours = 108_000_000_000n;
/** Longer than the broker remembers an idle group, with time to look. */
const patienceMs = 120_000;

/** Compacted at once, and tombstones go with the next compaction. */
const forgetfulState = {
  'cleanup.policy': 'compact',
  'segment.ms': '500',
  'min.cleanable.dirty.ratio': '0.001',
  'delete.retention.ms': '100',
};

await describeReal('a broker that has forgotten', ['forgetfulKafka'], ({ forgetfulKafka: broker }) => {
  const kafka = new Kafka({ brokers: [...broker.brokers], logLevel: logLevel.NOTHING });
  const name = `forgets-${randomUUID()}`;
  const stateTopic = `${name}.assembler-state`;
  let admin: Admin;
  let fleet: Fleet;

  beforeAll(async () => {
    admin = kafka.admin();
    await admin.connect();
    const configEntries = Object.entries(forgetfulState).map(([key, value]) => ({ name: key, value }));
    await admin.createTopics({ topics: [{ topic: stateTopic, numPartitions: 1, configEntries }] });
    const settings = { KAIZEN_REORDER_GRACE: '1s' };
    fleet = await Fleet.open({ brokers: broker.brokers, name, partitions: 1, script, settings });
  }, 60_000);

  afterAll(async () => {
    await fleet.close();
    await admin.disconnect();
  }, 60_000);

  /** The last value under each key of a topic as it stands, null for a tombstone that is still there. */
  const latest = async (topic: string): Promise<ReadonlyMap<string, Buffer | null>> => {
    const consumer = kafka.consumer({ groupId: randomUUID() });
    const found = new Map<string, Buffer | null>();
    let heard = Infinity;
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ message }) => {
        heard = Date.now();
        found.set((message.key ?? Buffer.alloc(0)).toString('latin1'), message.value);
        return Promise.resolve();
      },
    });
    await eventually(`${topic} is read`, 30_000, () => Date.now() - heard > 1000);
    await consumer.disconnect();
    return found;
  };
  const groupOffset = async (): Promise<string | undefined> => {
    const { group: groupId, topic } = fleet.owner;
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return found?.partitions[0]?.offset;
  };
  /** Whether the broker knows a transactional id of this group. */
  const knowsProducer = async (): Promise<boolean> =>
    [...(await latest('__transaction_state'))].some(
      ([key, value]) => key.includes(fleet.owner.topic) && value !== null,
    );
  /** Entries, tombstones among them, of the traces that ended before the last. */
  const entriesOfEnded = async (): Promise<readonly string[]> =>
    [...(await latest(stateTopic)).keys()].filter((key) => /ended-[0-3]/.test(key));
  const logEnd = async (): Promise<string> => String((await fleet.log.events.bounds(0)).end);

  it('its group, its transactional ids and the tombstones of the state does not keep an operation from ending exactly once, on an old disk too', async () => {
    const { log } = fleet;
    const operation = { trace: 'long', call: 'call' };
    const ended = (turn: number | string, type: 'pre_tool_use' | 'post_tool_use', id: string = type) =>
      appendTold(log, { trace: `ended-${turn}`, call: 'call', id, type, at: begin });
    const before = fleet.start('before');
    await fleet.shares({ before: 1 });
    await appendTold(log, { ...operation, id: 'begin', type: 'pre_tool_use', at: begin });
    for (let turn = 0; turn < 6; turn += 1) await ended(turn, 'pre_tool_use');
    await eventually('all is committed', 15_000, async () => (await groupOffset()) === (await logEnd()));
    expect(await entriesOfEnded()).not.toEqual([]);
    expect(await knowsProducer()).toBe(true);
    expect(await before.service.stop()).toBe(0);

    // Another closes what the first still has as open on its disk, if it keeps anything there.
    const between = fleet.start('between');
    await fleet.shares({ between: 1 });
    for (let turn = 0; turn < 6; turn += 1) {
      await ended(turn, 'post_tool_use');
      // So that the state's segments roll: only closed ones are compacted.
      await sleep(700);
    }
    // The cleaner takes a tombstone away one pass after that which met it, and passes only where more was written.
    let more = 0;
    await eventually('the tombstones are gone', 60_000, async () => {
      more += 1;
      await ended(`later-${more}`, 'pre_tool_use');
      await ended(`later-${more}`, 'post_tool_use');
      await sleep(700);
      return (await entriesOfEnded()).length === 0;
    });
    await eventually('all is committed', 15_000, async () => (await groupOffset()) === (await logEnd()));
    expect(await between.service.stop()).toBe(0);

    await eventually('the group is forgotten', patienceMs, async () => (await groupOffset()) === '-1');
    await eventually('the transactional ids are', 30_000, async () => !(await knowsProducer()));
    expect([...(await latest(stateTopic)).keys()].join('\n')).toContain('long');

    const after = fleet.start('before');
    await fleet.shares({ before: 1 });
    const post = { ...operation, id: 'end', type: 'post_tool_use', at: begin + thirtyHours };
    await appendTold(log, post);
    // It would close an operation that had risen again; there is none, so it ends as an orphan.
    await ended(3, 'post_tool_use', 'once more');
    await fleet.drained(30_000);
    expect(await groupOffset()).toBe(await logEnd());
    const spans = await spansOn(log);
    const long = lengthsOf(spans.filter((seen) => attributeOf(seen, 'trace_id') === 'long'));
    const length = String(thirtyHours * 1000n);
    expect(long).toEqual([`post_tool_use:wait ${length}`, `pre_tool_use:wait ${length}`]);
    expect(spans).toHaveLength(2 + (6 + more) * 2 + 1);
    expect(spans.filter((seen) => attributeOf(seen, 'kaizen.orphan') === true)).toHaveLength(1);
    // That it does not trust its old disk it may say.
    const complaints = (await after.complaints()).filter((line) => !line.includes('state on this machine'));
    expect(complaints).toEqual([]);
    expect(await after.service.stop()).toBe(0);
    expect(await fleet.differences()).toEqual({});
  }, 240_000);
});
