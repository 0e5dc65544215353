/** What a topic must be like: partitioned as the input, and with these settings. */
export interface TopicPlan {
  /** Below the prefix. */
  readonly name: 'hook-events' | 'spans' | 'assembler-state' | 'dead-letters';
  readonly settings: Readonly<Record<string, string>>;
}

const day = 24 * 60 * 60 * 1000;

/** Most bytes of a batch on a topic whose `max.message.bytes` is 1 MiB. */
export const maxBatchBytes = 1024 * 1024;

/**
 * Most bytes of a message of spans: one span may hold a PRE and a POST of 512 KiB each, whose values take up to twice the
 * room in OTLP, besides its span events. 4 MiB is what OTLP backends take at once by default.
 */
export const maxLargeBatchBytes = 4 * 1024 * 1024;

/** Most bytes of a batch of dead letters: a letter is the original, be it a message of spans, plus headers. */
const maxDeadLetterBatchBytes = 5 * 1024 * 1024;

/** The source of truth for a fresh cluster; `infra/kafka/topics.yaml` says the same for those who create topics themselves. */
export const topicPlans: readonly TopicPlan[] = [
  {
    name: 'hook-events',
    settings: {
      'cleanup.policy': 'delete',
      // Timers run on append time, and retention must not delete a replayed old run before it is read.
      'message.timestamp.type': 'LogAppendTime',
      'retention.ms': String(30 * day),
      'max.message.bytes': String(maxBatchBytes),
    },
  },
  {
    name: 'spans',
    settings: {
      'cleanup.policy': 'delete',
      'message.timestamp.type': 'LogAppendTime',
      'retention.ms': String(7 * day),
      'max.message.bytes': String(maxLargeBatchBytes),
    },
  },
  {
    name: 'assembler-state',
    settings: {
      'cleanup.policy': 'compact',
      // A local checkpoint younger than half of this may be trusted: no tombstone after it is gone yet.
      'delete.retention.ms': String(7 * day),
      // Small segments, rolled often: only closed ones are compacted, and a restore reads what is not.
      'segment.bytes': String(64 * 1024 * 1024),
      'segment.ms': String(day),
      'min.cleanable.dirty.ratio': '0.2',
      'max.message.bytes': String(maxBatchBytes),
    },
  },
  {
    name: 'dead-letters',
    settings: {
      'cleanup.policy': 'delete',
      'message.timestamp.type': 'LogAppendTime',
      'retention.ms': String(90 * day),
      'max.message.bytes': String(maxDeadLetterBatchBytes),
    },
  },
];

/** Full names of the topics. */
export interface TopicNames {
  readonly events: string;
  readonly spans: string;
  readonly state: string;
  readonly deadLetters: string;
}

/** The full names below a prefix. */
export const topicNames = (prefix: string): TopicNames => ({
  events: `${prefix}hook-events`,
  spans: `${prefix}spans`,
  state: `${prefix}assembler-state`,
  deadLetters: `${prefix}dead-letters`,
});
