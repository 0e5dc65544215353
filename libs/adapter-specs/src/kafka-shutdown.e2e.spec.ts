import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import { simulateEvents } from '@kaizen-trace/cli';
import { createLogger } from '@kaizen-trace/service-kit';
import {
  openSpanAssembler,
  type SpanAssembler,
  type SpanAssemblerOptions,
} from '@kaizen-trace/span-assembler';
import { describeReal, eventually, Fleet, startLoad } from '@kaizen-trace/testkit';
import { appendTold, lengthsOf, spansOn } from './testing/records.js';

// As one object: Node's ESM loader does not see all names of kafkajs.
const { Kafka, logLevel } = kafkajs;

const script = fileURLToPath(new URL('../../../apps/span-assembler/dist/main.js', import.meta.url));
const sink = { write: () => undefined };
const logger = createLogger({ service: 'spec', level: 'silent', format: 'json', sink });
const hour = 3_600_000_000n;
const begin = 1_763_600_000_000_000n;

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each();
}, 60_000);

await describeReal('an assembler that is told to stop', ['kafka'], ({ kafka }) => {
  const openFleet = async (partitions: number): Promise<Fleet> => {
    const settings = { KAIZEN_OPEN_TTL: '6s', KAIZEN_REORDER_GRACE: '2s' };
    const name = `shutdown-${randomUUID()}`;
    const fleet = await Fleet.open({ brokers: kafka.brokers, name, partitions, script, settings });
    cleanUp.push(() => fleet.close());
    return fleet;
  };

  /** Where the group stands, and where the log ends, by partition. */
  const positions = async ({ log, owner }: Fleet) => {
    const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const [found] = await admin.fetchOffsets({ groupId: owner.group, topics: [owner.topic] });
    await admin.disconnect();
    const committed = new Map(found?.partitions.map(({ partition, offset }) => [partition, offset]));
    const count = await log.events.partitionCount();
    const ends = Array.from({ length: count }, async (_, at) => String((await log.events.bounds(at)).end));
    return { group: [...Array(count).keys()].map((at) => committed.get(at)), log: await Promise.all(ends) };
  };

  /** In this process, so that it can be told to commit seldom. */
  const openHere = async (
    { owner }: Fleet,
    commit: NonNullable<SpanAssemblerOptions['commit']>,
  ): Promise<SpanAssembler> => {
    const topicPrefix = owner.topic.replace('hook-events', '');
    const log = await openKafkaLog({ brokers: kafka.brokers, topicPrefix });
    cleanUp.push(() => log.close());
    const http = { host: '127.0.0.1', port: 0 };
    const shared = { log, owner, assembly: defaultSettings, logger, processMetrics: false, http };
    const assembler = await openSpanAssembler({ ...shared, sessionTimeoutMs: 6000, commit });
    cleanUp.push(() => assembler.close());
    return assembler;
  };

  it('commits what it holds: the group stands at the end of the log, and the next one folds nothing again', async () => {
    const fleet = await openFleet(1);
    const tool = { trace: 'trace', type: 'pre_tool_use' };
    await appendTold(
      fleet.log,
      { ...tool, id: 'a', call: 'a', at: begin },
      { ...tool, id: 'b', call: 'b', at: begin },
      { ...tool, id: 'c', call: 'a', type: 'post_tool_use', at: begin + 1n },
    );
    const first = await openHere(fleet, { intervalMs: 600_000, backlogIntervalMs: 600_000 });
    await eventually('everything is folded', 30_000, () => first.statuses()[0]?.nextOffset === 3n);
    expect(first.statuses()[0]?.committedOffset ?? 0n).toBe(0n);
    expect(await spansOn(fleet.log)).toEqual([]);
    await first.close();
    expect(await positions(fleet)).toEqual({ group: ['3'], log: ['3'] });
    const spans = lengthsOf(await spansOn(fleet.log));
    expect(spans).toEqual(['post_tool_use:wait 1000', 'pre_tool_use:wait 1000']);

    const second = await openHere(fleet, {});
    await eventually('the next one runs', 30_000, () => second.statuses()[0]?.phase === 'running');
    await appendTold(fleet.log, { ...tool, id: 'd', call: 'b', type: 'post_tool_use', at: begin + hour });
    await eventually('it goes on', 30_000, () => second.statuses()[0]?.committedOffset === 4n);
    const metrics = await (await fetch(`${second.url}/metrics`)).text();
    expect(metrics).toMatch(/^kaizen_assembler_records_total\S* 1$/m);
    await second.close();
    expect(await positions(fleet)).toEqual({ group: ['4'], log: ['4'] });
    expect(await spansOn(fleet.log)).toHaveLength(4);
    expect(await fleet.differences()).toEqual({});
  }, 90_000);

  it('by SIGTERM, under load, ends well and leaves the group at once, wherever it stood', async () => {
    const fleet = await openFleet(3);
    const rate = 400;
    const start = BigInt(Date.now()) * 1000n;
    const shape = { agents: 12, traces: Number.MAX_SAFE_INTEGER, openFor: 1_000_000 };
    const events = simulateEvents({ ...shape, rate, seed: 'shutdown', start });
    const load = startLoad({ log: fleet.log.events, events, rate });
    for (const name of ['first', 'second', 'third']) {
      const assembler = fleet.start(name);
      await fleet.shares({ [name]: 3 });
      expect(await assembler.service.stop()).toBe(0);
      // Members that are only gone are shown until their session ends.
      expect(await fleet.log.assemblers({ group: fleet.owner.group }).members()).toEqual([]);
      expect(await assembler.complaints()).toEqual([]);
    }
    await load.stop();
    const last = fleet.start('last');
    await fleet.drained(45_000);
    expect(await last.service.stop()).toBe(0);
    const found = await positions(fleet);
    expect(found.group).toEqual(found.log);
    expect(load.acknowledged.size).toBeGreaterThan(500);
    expect(await fleet.differences(load.acknowledged)).toEqual({});
  }, 120_000);
});
