import { setMaxListeners } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';
import { quietRepeats, type LogSink } from './log-lines.js';
import { topicNames, type TopicNames } from './topics.js';
import type { LinkSettings } from './wire/link.js';

/** How to reach the cluster, and what its topics are like. */
export interface KafkaLogOptions {
  /** `host:port` each; a few are enough. */
  readonly brokers: readonly string[];
  readonly clientId?: string;
  /** True, or what node:tls takes (`ca`, `cert`, `key`, …). Plaintext by default. */
  readonly ssl?: boolean | ConnectionOptions;
  /** As kafkajs takes it: `plain`, `scram-sha-256`, `scram-sha-512`, `oauthbearer`, `aws`. */
  readonly sasl?: SASLOptions;
  /** `kaizen.` by default. */
  readonly topicPrefix?: string;
  /** Of topics that are created here; those that exist keep theirs. 12 by default. */
  readonly partitions?: number;
  /** Of topics that are created here; −1, the default, is the broker's own. */
  readonly replicationFactor?: number;
  /** How long hook events are kept in a topic that is created here, in milliseconds; −1 for ever. 30 days by default. */
  readonly retentionMs?: number;
  /** Limit of one event: key, value and headers together. At most, and by default, 1,000,000. */
  readonly maxRecordBytes?: number;
  /** Bytes of one fetch of one partition; two of them are in memory at most. 1 MiB by default. */
  readonly fetchBytes?: number;
  /** How long the broker may hold a fetch with nothing to give; new records end it at once. 500 ms by default. */
  readonly maxWaitMs?: number;
  /** How long an append may take before it is `unavailable`. 10 s by default. */
  readonly deliveryTimeoutMs?: number;
  /** When the broker ends a transaction that its owner has left open. 60 s by default. */
  readonly transactionTimeoutMs?: number;
  /** How long the group waits for a member that must finish its work before it rejoins. 30 s by default. */
  readonly rebalanceTimeoutMs?: number;
  /**
   * Where the state of owned partitions lies on this machine, on a local disk; several processes may share it. Without it
   * each restore reads the whole state from the cluster, into a temporary directory.
   */
  readonly stateDirectory?: string;
  /** Where the client's log goes; nowhere by default. */
  readonly log?: LogSink;
  /** Aborting it cuts every connection at once and leaves no group, as the death of the process would: for fault tests. */
  readonly kill?: AbortSignal;
}

/** Options with every default filled in. */
export interface KafkaLogSettings {
  readonly link: LinkSettings;
  readonly topics: TopicNames;
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly retentionMs: number | undefined;
  readonly maxRecordBytes: number;
  readonly fetchBytes: number;
  readonly maxWaitMs: number;
  readonly deliveryTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly stateDirectory: string | undefined;
}

const largestRecord = 1_000_000;

/** Fills in the defaults. @throws RangeError naming the option that makes no sense. */
export const settingsOf = (options: KafkaLogOptions): KafkaLogSettings => {
  const { brokers, topicPrefix = 'kaizen.', partitions = 12, maxRecordBytes = largestRecord } = options;
  if (brokers.length === 0) throw new RangeError('brokers: name at least one, as host:port');
  const wrong = brokers.find((broker) => !/^.+:\d+$/.test(broker));
  if (wrong !== undefined) throw new RangeError(`brokers: "${wrong}" is not host:port`);
  if (!Number.isInteger(partitions) || partitions < 1)
    throw new RangeError('partitions: a whole number from 1');
  if (maxRecordBytes > largestRecord) throw new RangeError(`maxRecordBytes: at most ${largestRecord}`);
  if (options.kill !== undefined) setMaxListeners(0, options.kill);
  return {
    link: {
      brokers,
      clientId: options.clientId ?? 'kaizen-trace',
      ssl: options.ssl ?? false,
      // kafkajs writes into it.
      sasl: options.sasl === undefined ? undefined : { ...options.sasl },
      requestTimeoutMs: 5000,
      log: options.log === undefined ? () => undefined : quietRepeats(options.log),
      kill: options.kill,
    },
    topics: topicNames(topicPrefix),
    topicPrefix,
    partitions,
    replicationFactor: options.replicationFactor ?? -1,
    retentionMs: options.retentionMs,
    maxRecordBytes,
    fetchBytes: options.fetchBytes ?? 1024 * 1024,
    maxWaitMs: options.maxWaitMs ?? 500,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? 10_000,
    transactionTimeoutMs: options.transactionTimeoutMs ?? 60_000,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 30_000,
    stateDirectory: options.stateDirectory,
  };
};
