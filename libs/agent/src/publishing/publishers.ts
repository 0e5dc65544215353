import { resolve } from 'node:path';
import {
  clientSettings,
  defineSettings,
  describeProblems,
  logSettings,
  readSettings,
  type Environment,
  type LogSettings,
} from '@kaizen-trace/settings';
import { AgentPublisher } from './agent-publisher.js';
import { compileOptions, refuseUnknown, type PublisherOptions } from './options.js';
import type { Publisher } from './publisher.js';

/** Where Kafka is. What is absent is read from the environment: `KAFKA_BROKERS`, `KAFKA_SASL_…`, `KAFKA_SSL_…`. */
export interface KafkaPublisherOptions extends PublisherOptions {
  /** `host:port` each; a few are enough. */
  readonly brokers?: readonly string[] | string | undefined;
  readonly clientId?: string | undefined;
  /** What the names of all topics begin with: `KAIZEN_TOPIC_PREFIX`, else `kaizen.` */
  readonly topicPrefix?: string | undefined;
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  /** True: TLS with the system's authorities. PEM texts, or the files that hold them. */
  readonly ssl?:
    | boolean
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
        readonly passphrase?: string | undefined;
        readonly serverName?: string | undefined;
      }
    | undefined;
}

/** Where the gateway is. What is absent is read from the environment: `KAIZEN_GATEWAY_URL`, `KAIZEN_API_KEY`. */
export interface HttpPublisherOptions extends PublisherOptions {
  /** `http://localhost:4310` where neither is set. */
  readonly url?: string | undefined;
  readonly apiKey?: string | undefined;
}

/** Where the embedded log is. */
export interface EmbeddedLogPublisherOptions extends PublisherOptions {
  /** The directory that the pipeline has its log in (`KAIZEN_DATA_DIR`), on this machine. */
  readonly directory: string;
}

type Given = Readonly<Record<string, string | boolean | undefined>>;

/** The environment with what the options say in the place of its variables. */
const environment = (given: Given): Environment => ({
  ...process.env,
  ...Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ),
});

const logSettingsOf = (name: string, env: Environment): LogSettings => {
  const reading = readSettings(defineSettings({ log: logSettings }), env);
  if (reading.type === 'ok') return reading.settings.log;
  throw new TypeError(
    `${name}: its options and the environment do not fit. ${describeProblems(reading.problems)}`,
  );
};

const kafkaVariables = (options: KafkaPublisherOptions): Given => {
  const { brokers, clientId, topicPrefix, sasl, ssl } = options;
  const tls = typeof ssl === 'object' ? ssl : {};
  return {
    KAFKA_BROKERS: typeof brokers === 'object' ? brokers.join(',') : brokers,
    KAFKA_CLIENT_ID: clientId,
    KAIZEN_TOPIC_PREFIX: topicPrefix,
    KAFKA_SASL_MECHANISM: sasl?.mechanism,
    KAFKA_SASL_USERNAME: sasl?.username,
    KAFKA_SASL_PASSWORD: sasl?.password,
    KAFKA_SSL_ENABLED: ssl === undefined ? undefined : ssl !== false,
    KAFKA_SSL_CA: tls.ca,
    KAFKA_SSL_CERT: tls.cert,
    KAFKA_SSL_KEY: tls.key,
    KAFKA_SSL_KEY_PASSPHRASE: tls.passphrase,
    KAFKA_SSL_SERVER_NAME: tls.serverName,
  };
};

/**
 * Publishes to Kafka: idempotent, acknowledged by all replicas, keyed by trace id. Connects when the first event comes;
 * while Kafka is away the events wait in the buffer.
 *
 * @throws TypeError naming the option or variable that is wrong, and what to give in its place.
 */
export const kafkaPublisher = (options: KafkaPublisherOptions = {}): Publisher => {
  refuseUnknown('kafkaPublisher', options, ['brokers', 'clientId', 'topicPrefix', 'sasl', 'ssl']);
  const settings = logSettingsOf('kafkaPublisher', environment(kafkaVariables(options)));
  if (settings.kafka === undefined)
    throw new TypeError('kafkaPublisher: no brokers: give `brokers`, as host:port, or set KAFKA_BROKERS');
  const brokers = settings.kafka.brokers.map(({ host, port }) => `${host}:${port}`).join(', ');
  return new AgentPublisher({ type: 'log', name: `Kafka at ${brokers}`, settings }, compileOptions(options));
};

/**
 * Publishes to the gateway over HTTP. While it is away the events wait in the buffer.
 *
 * @throws TypeError naming the option or variable that is wrong, and what to give in its place.
 */
export const httpPublisher = (options: HttpPublisherOptions = {}): Publisher => {
  refuseUnknown('httpPublisher', options, ['url', 'apiKey']);
  const env = environment({ KAIZEN_GATEWAY_URL: options.url, KAIZEN_API_KEYS: options.apiKey });
  const reading = readSettings(defineSettings({ client: clientSettings }), env);
  if (reading.type === 'refused')
    throw new TypeError(
      `httpPublisher: its options and the environment do not fit. ${describeProblems(reading.problems)}`,
    );
  const { gatewayUrl, apiKey } = reading.settings.client;
  return new AgentPublisher({ type: 'gateway', url: gatewayUrl, apiKey }, compileOptions(options));
};

/**
 * Publishes to the embedded log of a pipeline on this machine, beside it. The log must exist; until it does the events
 * wait in the buffer.
 *
 * @throws TypeError naming the option that is wrong, and what to give in its place.
 */
export const embeddedLogPublisher = (options: EmbeddedLogPublisherOptions): Publisher => {
  const { directory } = options as Partial<EmbeddedLogPublisherOptions>;
  if (typeof directory !== 'string' || directory === '')
    throw new TypeError('embeddedLogPublisher: directory: name the directory of the pipeline’s log');
  refuseUnknown('embeddedLogPublisher', options, ['directory']);
  const path = resolve(directory);
  const settings = logSettingsOf('embeddedLogPublisher', { KAIZEN_DATA_DIR: path });
  return new AgentPublisher({ type: 'log', name: `the log in ${path}`, settings }, compileOptions(options));
};
