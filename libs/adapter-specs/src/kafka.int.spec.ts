import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { openKafkaLog, topicPlans } from '@kaizen-trace/adapter-kafka';
import { describeLogConnection, type ConformanceFixture } from '@kaizen-trace/conformance';
import type { GroupOptions, LogConnection } from '@kaizen-trace/ports';
import { describeReal } from '@kaizen-trace/testkit';

const partitions = 3;
/** The smallest that a broker with its default settings accepts. */
const sessionTimeoutMs = 6000;
const maxRecordBytes = 600_000;

interface Open {
  readonly connection: LogConnection;
  readonly kill: AbortController;
}

const openFixture = async (brokers: readonly string[]): Promise<ConformanceFixture> => {
  const topicPrefix = `conformance-${randomUUID()}.`;
  const opened: Open[] = [];
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();

  const disks = await mkdtemp(join(tmpdir(), 'kaizen-conformance-'));

  const connect = async (machine = 'first'): Promise<LogConnection> => {
    const kill = new AbortController();
    const stateDirectory = join(disks, machine);
    const limits = { partitions, maxRecordBytes, stateDirectory };
    const log = await openKafkaLog({ brokers, topicPrefix, ...limits, kill: kill.signal });
    // Groups stand outside of the prefix; the suite's one name must not mix its tests.
    const own = ({ group, ...rest }: GroupOptions): GroupOptions => ({
      ...rest,
      group: `${topicPrefix}${group}`,
    });
    const connection: LogConnection = {
      ...log,
      assemblers: (options) => log.assemblers(own(options)),
      spans: (options) => log.spans(own(options)),
      state: (options) => log.state(own(options)),
    };
    opened.push({ connection, kill });
    return connection;
  };

  return {
    connect,
    partitions,
    maxRecordBytes,
    sessionTimeoutMs,
    crash: (connection) => {
      opened.find((one) => one.connection === connection)?.kill.abort();
      return Promise.resolve();
    },
    trimEvents: async (partition, start) => {
      const topic = `${topicPrefix}hook-events`;
      // Makes the client learn of the topic, which the other call takes for granted.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({
        topic,
        partitions: [{ partition, offset: String(start) }],
      });
    },
    dispose: async () => {
      await Promise.all(opened.map(({ connection }) => connection.close()));
      await admin.deleteTopics({ topics: topicPlans.map(({ name }) => `${topicPrefix}${name}`) });
      await admin.disconnect();
      await rm(disks, { recursive: true, force: true });
    },
  };
};

await describeReal('the log on Kafka', ['kafka'], ({ kafka }) => {
  describeLogConnection('conformance', () => openFixture(kafka.brokers), { patienceMs: 20_000 });
});
