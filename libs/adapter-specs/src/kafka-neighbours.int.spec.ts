import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import { KafkaUnreachableError, openKafkaLog, TopicMismatchError } from '@kaizen-trace/adapter-kafka';
import { describeReal, scanAll } from '@kaizen-trace/testkit';

const text = (value: Uint8Array | null): string => new TextDecoder().decode(value ?? new Uint8Array(0));

// As one object: Node's ESM loader does not see all names of kafkajs.
const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs;

await describeReal('the log on a Kafka that others use too', ['kafka'], ({ kafka }) => {
  const client = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });
  const prefixes: string[] = [];
  let admin: Admin;

  const freshPrefix = (): string => {
    const prefix = `neighbours-${randomUUID()}.`;
    prefixes.push(prefix);
    return prefix;
  };

  beforeAll(async () => {
    // kafkajs leaves this codec to its users; Node has it.
    CompressionCodecs[CompressionTypes.ZSTD] = () => ({
      compress: (encoder: { readonly buffer: Buffer }) => Promise.resolve(zstdCompressSync(encoder.buffer)),
      decompress: (buffer: Buffer) => Promise.resolve(zstdDecompressSync(buffer)),
    });
    admin = client.admin();
    await admin.connect();
  });

  afterAll(async () => {
    const topics = (await admin.listTopics()).filter((name) => prefixes.some((one) => name.startsWith(one)));
    if (topics.length > 0) await admin.deleteTopics({ topics });
    await admin.disconnect();
  });

  it('reads what other producers have compressed with gzip or zstd', async () => {
    const topicPrefix = freshPrefix();
    const log = await openKafkaLog({ brokers: kafka.brokers, topicPrefix, partitions: 1 });
    const producer = client.producer();
    await producer.connect();
    const codecs = [CompressionTypes.GZIP, CompressionTypes.ZSTD, CompressionTypes.None];
    for (const compression of codecs) {
      const messages = ['a', 'b'].map((value) => ({ key: 'k', value: `${value}-${compression}` }));
      await producer.send({ topic: `${topicPrefix}hook-events`, compression, messages });
    }
    await producer.disconnect();
    const found = (await scanAll(log.events, 0)).map(({ value }) => text(value));
    expect(found).toEqual(codecs.flatMap((codec) => [`a-${codec}`, `b-${codec}`]));
    await log.close();
  });

  it('counts as committed what a transaction had written when it was asked', async () => {
    const topicPrefix = freshPrefix();
    const log = await openKafkaLog({ brokers: kafka.brokers, topicPrefix, partitions: 1 });
    const producer = client.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: `${topicPrefix}spans`, messages: [{ key: 'k', value: 'span' }] });
    const reader = log.spans({ group: `${topicPrefix}onlooker` });
    // The bounds are asked for while it hides what it wrote, as the broker does until a commit's markers stand.
    const asked = reader.bounds(0);
    await sleep(300);
    await transaction.commit();
    const { end } = await asked;
    expect(end).toBe(2n);
    expect((await scanAll(reader, 0)).map(({ value }) => text(value))).toEqual(['span']);
    await producer.disconnect();
    await log.close();
  });

  it('gives its topics the settings that the pipeline needs', async () => {
    const topicPrefix = freshPrefix();
    await (
      await openKafkaLog({ brokers: kafka.brokers, topicPrefix, partitions: 2, retentionMs: -1 })
    ).close();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: ['hook-events', 'assembler-state', 'dead-letters'].map((name) => ({
        type: ConfigResourceTypes.TOPIC,
        name: `${topicPrefix}${name}`,
      })),
    });
    const [events, state, letters] = resources.map(({ configEntries }) =>
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    );
    expect(events).toMatchObject({ 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '-1' });
    expect(state).toMatchObject({ 'cleanup.policy': 'compact', 'delete.retention.ms': '604800000' });
    expect(letters).toMatchObject({ 'max.message.bytes': '5242880' });
  });

  it('refuses an input without append time, and says how to mend it', async () => {
    const topicPrefix = freshPrefix();
    await admin.createTopics({ topics: [{ topic: `${topicPrefix}hook-events`, numPartitions: 2 }] });
    const opening = openKafkaLog({ brokers: kafka.brokers, topicPrefix });
    await expect(opening).rejects.toThrow(TopicMismatchError);
    await expect(opening).rejects.toThrow(/--add-config message.timestamp.type=LogAppendTime/);
  });

  it('refuses topics whose partition counts differ, and names both', async () => {
    const topicPrefix = freshPrefix();
    await admin.createTopics({
      topics: [
        { topic: `${topicPrefix}hook-events`, numPartitions: 2 },
        { topic: `${topicPrefix}spans`, numPartitions: 3 },
      ],
    });
    const opening = openKafkaLog({ brokers: kafka.brokers, topicPrefix });
    await expect(opening).rejects.toThrow(/spans has 3 partitions, .*hook-events has 2/);
  });

  it('opens from several processes at once, on topics that are made once', async () => {
    const topicPrefix = freshPrefix();
    const open = () => openKafkaLog({ brokers: kafka.brokers, topicPrefix, partitions: 2 });
    const logs = await Promise.all([open(), open(), open()]);
    for (const log of logs) expect(await log.events.partitionCount()).toBe(2);
    await Promise.all(logs.map((log) => log.close()));
  });

  it('says where it looked when no broker answers', async () => {
    const opening = openKafkaLog({ brokers: ['127.0.0.1:1'], topicPrefix: freshPrefix() });
    await expect(opening).rejects.toThrow(KafkaUnreachableError);
    await expect(opening).rejects.toThrow(/127\.0\.0\.1:1.*KAFKA_BROKERS/);
  });
});
