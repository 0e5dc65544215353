import { text, topicName, wholeNumber } from '../parsers.js';
import { duration, durationOrForever } from '../quantity-parsers.js';
import { setting, settingsGroup, type SettingProblem } from '../setting.js';
import { assemblyRows } from './assembly.js';
import { kafkaRows, kafkaSettings, type KafkaSettings } from './kafka.js';

/** Which log to open, and under which names. */
export interface LogSettings {
  /** `undefined`: the embedded log in `dataDirectory`. */
  readonly kafka: KafkaSettings | undefined;
  readonly dataDirectory: string;
  /** Whether the directory was set, not assumed: only then may a tool open an embedded log beside a running process. */
  readonly dataDirectoryExplicit: boolean;
  /** Where state is kept with Kafka; the embedded log has its own. */
  readonly stateDirectory: string;
  readonly topicPrefix: string;
  /** Of a log that is made anew. */
  readonly partitions: number;
  /** Whether the number was set, not assumed: only then must a log that exists have that many. */
  readonly partitionsExplicit: boolean;
  readonly groups: { readonly assembler: string; readonly exporter: string };
  /** How long hook events stay in the log, in milliseconds; `Infinity`: for ever. */
  readonly retentionMs: number;
  /** How long a silent member of a group keeps its partitions, in milliseconds; `undefined`: the log's own default. */
  readonly sessionTimeoutMs: number | undefined;
}

const ownRows = {
  dataDirectory: setting({
    names: ['KAIZEN_DATA_DIR'],
    parser: text(),
    default: './data',
    about: 'Directory of the embedded log, its state and the trace store; made where it is missing.',
  }),
  stateDirectory: setting({
    names: ['KAIZEN_STATE_DIR'],
    parser: text(),
    default: './state',
    about:
      'Directory of the state of an assembler with Kafka, so that a restart reads only what is new; on a local disk, made where it is missing, and of use again wherever the same disk is. What is lost of it is restored from Kafka.',
  }),
  topicPrefix: setting({
    names: ['KAIZEN_TOPIC_PREFIX'],
    parser: topicName(100),
    default: 'kaizen.',
    about: 'What the names of all topics begin with.',
  }),
  partitions: setting({
    names: ['KAIZEN_PARTITIONS'],
    parser: wholeNumber(1, 1_000),
    default: 12,
    about:
      'Partitions of a log that is made anew. A log that exists keeps its own number; another is refused.',
  }),
  group: setting({
    names: ['KAIZEN_GROUP'],
    parser: topicName(150),
    default: 'kaizen',
    about:
      'What consumer groups are named after: `kaizen` gives `kaizen-assembler` and `kaizen-exporter`. State belongs to its group: on Kafka another name wants other topics too; the embedded log begins anew for it.',
  }),
  retentionMs: setting({
    names: ['KAIZEN_LOG_RETENTION'],
    parser: durationOrForever({ min: 60_000 }),
    default: 30 * 86_400_000,
    about:
      'How long hook events stay in the log, or `forever`; at least the open TTL plus the reorder grace.',
  }),
  sessionTimeoutMs: setting({
    names: ['KAIZEN_SESSION_TIMEOUT'],
    parser: duration({ min: 1_000, max: 1_800_000 }),
    about:
      'How long an assembler or exporter that has gone silent keeps its partitions. Kafka brokers refuse less than 6s unless told. Unset: 45s on Kafka, 10s on the embedded log.',
  }),
};

/** The rows behind {@link logSettings}. */
const logRows = {
  ...kafkaRows,
  ...ownRows,
  openTtlMs: assemblyRows.openTtlMs,
  reorderGraceMs: assemblyRows.reorderGraceMs,
};

const tooShort = (values: {
  retentionMs: number;
  openTtlMs: number;
  reorderGraceMs: number;
}): readonly SettingProblem[] =>
  values.retentionMs >= values.openTtlMs + values.reorderGraceMs
    ? []
    : [
        {
          variable: 'KAIZEN_LOG_RETENTION',
          problem:
            'is shorter than the open TTL plus the reorder grace: events would go before their operation ends',
          remedy: 'Raise it, or lower KAIZEN_OPEN_TTL.',
        },
      ];

/** The log: Kafka where brokers are set, else embedded. Refuses a retention shorter than an operation may stay open. */
export const logSettings = settingsGroup(logRows, (values, given) => {
  const kafka = kafkaSettings.compile(values, given);
  const value: LogSettings = {
    kafka: kafka.value,
    dataDirectory: values.dataDirectory,
    dataDirectoryExplicit: given.dataDirectory !== undefined,
    stateDirectory: values.stateDirectory,
    topicPrefix: values.topicPrefix,
    partitions: values.partitions,
    partitionsExplicit: given.partitions !== undefined,
    groups: { assembler: `${values.group}-assembler`, exporter: `${values.group}-exporter` },
    retentionMs: values.retentionMs,
    sessionTimeoutMs: values.sessionTimeoutMs,
  };
  return { value, problems: [...(kafka.problems ?? []), ...tooShort(values)] };
});
