import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { KafkaUnreachableError, TopicMismatchError } from './errors.js';
import { calmLevel, type LogLevel } from './log-lines.js';
import type { KafkaLogSettings } from './options.js';
import { topicPlans, type TopicPlan } from './topics.js';
import { brokerCodeOf } from './wire/errors.js';
import { mendTimers } from './wire/kafkajs.js';

// As one object: Node's ESM loader does not see all names of kafkajs.
const { ConfigResourceTypes, Kafka, logLevel } = kafkajs;

const levels: Readonly<Record<number, LogLevel>> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'info',
};

const adminOf = ({ link }: KafkaLogSettings): Admin =>
  new Kafka({
    brokers: [...link.brokers],
    clientId: link.clientId,
    ...(link.ssl === false ? {} : { ssl: link.ssl }),
    ...(link.sasl === undefined ? {} : { sasl: link.sasl }),
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log }) =>
        link.log(calmLevel(levels[level] ?? 'debug', log.message), log.message),
  }).admin();

const fullName = (settings: KafkaLogSettings, plan: TopicPlan): string =>
  `${settings.topicPrefix}${plan.name}`;

const settingsFor = (settings: KafkaLogSettings, plan: TopicPlan): readonly (readonly [string, string])[] =>
  Object.entries(plan.settings).map(([name, value]) =>
    plan.name === 'hook-events' && name === 'retention.ms' && settings.retentionMs !== undefined
      ? [name, String(settings.retentionMs)]
      : [name, value],
  );

const createMissing = async (admin: Admin, settings: KafkaLogSettings): Promise<void> => {
  const existing = new Set(await admin.listTopics());
  const missing = topicPlans.filter((plan) => !existing.has(fullName(settings, plan)));
  if (missing.length === 0) return;
  const events = fullName(settings, topicPlans[0]!);
  // A topic that is made later must fit those that are there.
  const numPartitions = existing.has(events) ? await countPartitions(admin, events) : settings.partitions;
  const topics = missing.map((plan) => ({
    topic: fullName(settings, plan),
    numPartitions,
    replicationFactor: settings.replicationFactor,
    configEntries: settingsFor(settings, plan).map(([name, value]) => ({ name, value })),
  }));
  // One by one: where another process creates the same at this moment, each topic is still made by one of the two.
  for (const topic of topics) await admin.createTopics({ topics: [topic], timeout: 10_000 });
};

const countPartitions = async (admin: Admin, topic: string): Promise<number> => {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return topics[0]?.partitions.length ?? 0;
};

const checkPartitions = async (admin: Admin, settings: KafkaLogSettings): Promise<void> => {
  const { events, spans, state } = settings.topics;
  const { topics } = await admin.fetchTopicMetadata({ topics: [events, spans, state] });
  const counts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  const wanted = counts.get(events) ?? 0;
  for (const topic of [spans, state]) {
    if (counts.get(topic) === wanted) continue;
    throw new TopicMismatchError(
      `${topic} has ${counts.get(topic) ?? 0} partitions, ${events} has ${wanted}: they must be equal. ` +
        'Stop all services, and either recreate the smaller ones or start afresh under another KAIZEN_TOPIC_PREFIX',
    );
  }
};

const checkTimestamps = async (admin: Admin, settings: KafkaLogSettings): Promise<void> => {
  const name = settings.topics.events;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name, configNames: ['message.timestamp.type'] }],
  });
  const type = resources[0]?.configEntries.find(
    ({ configName }) => configName === 'message.timestamp.type',
  )?.configValue;
  if (type === 'LogAppendTime') return;
  throw new TopicMismatchError(
    `${name} has message.timestamp.type=${type ?? 'unknown'}, but timers need the append time. Mend it with: ` +
      `kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config message.timestamp.type=LogAppendTime`,
  );
};

const checkOnce = async (settings: KafkaLogSettings): Promise<void> => {
  const admin = adminOf(settings);
  try {
    await admin.connect();
  } catch (cause) {
    await admin.disconnect().catch(() => undefined);
    throw new KafkaUnreachableError(settings.link.brokers, { cause });
  }
  try {
    await createMissing(admin, settings);
    await checkPartitions(admin, settings);
    await checkTimestamps(admin, settings);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
};

const attempts = 10;
const pauseMs = 300;

/**
 * What a broker says of a topic that was made a moment ago, until every part of the cluster knows it, and of a controller
 * that moves: unknown topic, no leader yet, not the leader, timed out, not the controller.
 * https://kafka.apache.org/protocol#protocol_error_codes
 */
const passingCodes: readonly number[] = [3, 5, 6, 7, 41];

/** What no further attempt would change: a topic that does not fit, or a broker that said no for good. */
const isFinal = (error: unknown): boolean => {
  if (error instanceof TopicMismatchError || error instanceof KafkaUnreachableError) return true;
  const code = brokerCodeOf(error);
  return code !== undefined && !passingCodes.includes(code);
};

/**
 * Creates the topics that are missing, and checks those that were there: as many partitions on input, spans and state,
 * and append time on the input. Other settings of existing topics are their owner's choice. Where the connection breaks
 * in the middle, it begins again.
 *
 * @throws KafkaUnreachableError where no broker answers, or none to the end.
 * @throws TopicMismatchError where an existing topic cannot be used.
 */
export const ensureTopics = async (settings: KafkaLogSettings): Promise<void> => {
  mendTimers();
  for (let attempt = 1; ; attempt += 1) {
    try {
      await checkOnce(settings);
      return;
    } catch (cause) {
      if (isFinal(cause)) throw cause;
      // Whatever it looks like: kafkajs takes no answer for an empty one, and fails on reading that.
      if (attempt === attempts) throw new KafkaUnreachableError(settings.link.brokers, { cause });
      await sleep(pauseMs);
    }
  }
};
