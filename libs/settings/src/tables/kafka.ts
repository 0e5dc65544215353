import { hostAndPort, pem, type HostAndPort } from '../network-parsers.js';
import { flag, list, oneOf, text } from '../parsers.js';
import { setting, settingsGroup, type GivenBy, type SettingProblem, type ValuesOf } from '../setting.js';

/** How to reach a Kafka cluster. PEM texts are complete; nothing is left to look up. */
export interface KafkaSettings {
  readonly brokers: readonly HostAndPort[];
  readonly clientId: string;
  readonly sasl:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  readonly tls:
    | {
        readonly ca: string | undefined;
        readonly certificate: string | undefined;
        readonly key: string | undefined;
        readonly passphrase: string | undefined;
        readonly serverName: string | undefined;
      }
    | undefined;
}

/** The rows behind {@link kafkaSettings}. */
export const kafkaRows = {
  brokers: setting({
    names: ['KAFKA_BROKERS', 'KAFKA_BOOTSTRAP_SERVERS'],
    parser: list(hostAndPort),
    about: 'Brokers as host:port, with commas between. Unset: the embedded log under `KAIZEN_DATA_DIR`.',
  }),
  clientId: setting({
    names: ['KAFKA_CLIENT_ID'],
    parser: text(200),
    default: 'kaizen-trace',
    about: 'The name under which the brokers log this client.',
  }),
  mechanism: setting({
    names: ['KAFKA_SASL_MECHANISM'],
    parser: oneOf('plain', 'scram-sha-256', 'scram-sha-512'),
    about: 'How to log in: `plain`, `scram-sha-256` or `scram-sha-512`. Unset: no login.',
  }),
  username: setting({
    names: ['KAFKA_SASL_USERNAME'],
    parser: text(),
    about: 'User to log in as; with a mechanism.',
  }),
  password: setting({
    names: ['KAFKA_SASL_PASSWORD'],
    parser: text(),
    secret: true,
    about: 'Password to log in with; with a mechanism.',
  }),
  tls: setting({
    names: ['KAFKA_SSL_ENABLED'],
    parser: flag,
    about: 'Whether to speak TLS to the brokers. Unset: true where any other KAFKA_SSL_ variable is set.',
  }),
  ca: setting({
    names: ['KAFKA_SSL_CA'],
    parser: pem,
    secret: true,
    about:
      'Authority that signed the brokers’ certificates: a PEM file, or the PEM text. Unset: the system’s.',
  }),
  certificate: setting({
    names: ['KAFKA_SSL_CERT'],
    parser: pem,
    secret: true,
    about: 'Certificate to show to the brokers: a PEM file, or the PEM text; with a key.',
  }),
  key: setting({
    names: ['KAFKA_SSL_KEY'],
    parser: pem,
    secret: true,
    about: 'Key of that certificate: a PEM file, or the PEM text.',
  }),
  passphrase: setting({
    names: ['KAFKA_SSL_KEY_PASSPHRASE'],
    parser: text(),
    secret: true,
    about: 'Passphrase of that key.',
  }),
  serverName: setting({
    names: ['KAFKA_SSL_SERVER_NAME'],
    parser: text(255),
    about: 'Name expected in the brokers’ certificates, where it is not the host’s.',
  }),
};

type Values = ValuesOf<typeof kafkaRows>;
type Given = GivenBy<typeof kafkaRows>;

const missing = (variable: string, because: string): SettingProblem => ({
  variable,
  problem: `is not set, but ${because} is`,
  remedy: `Set ${variable}, or unset ${because}.`,
});

const missingPartners = (given: Given): readonly SettingProblem[] => {
  const { mechanism, username, password, certificate, key, passphrase } = given;
  const problems: SettingProblem[] = [];
  const login = username ?? password;
  if (mechanism === undefined && login !== undefined) problems.push(missing('KAFKA_SASL_MECHANISM', login));
  if (mechanism !== undefined && username === undefined)
    problems.push(missing('KAFKA_SASL_USERNAME', mechanism));
  if (mechanism !== undefined && password === undefined)
    problems.push(missing('KAFKA_SASL_PASSWORD', mechanism));
  if (certificate !== undefined && key === undefined) problems.push(missing('KAFKA_SSL_KEY', certificate));
  if (certificate === undefined && key !== undefined) problems.push(missing('KAFKA_SSL_CERT', key));
  if (key === undefined && passphrase !== undefined) problems.push(missing('KAFKA_SSL_KEY', passphrase));
  return problems;
};

/** Settings of a cluster without a cluster would be passed over in silence, and the events would go to a local log. */
const withoutBrokers = (values: Values, given: Given): readonly SettingProblem[] => {
  const because =
    given.mechanism ?? given.username ?? given.password ?? (values.tls === true ? given.tls : undefined);
  return because === undefined ? [] : [missing('KAFKA_BROKERS', because)];
};

const compileKafka = (values: Values, given: Given): KafkaSettings | undefined => {
  const { brokers, clientId, mechanism, username, password, ca, certificate, key, passphrase, serverName } =
    values;
  if (brokers === undefined) return undefined;
  const sslGiven = given.ca ?? given.certificate ?? given.key ?? given.serverName;
  return {
    brokers,
    clientId,
    sasl:
      mechanism === undefined || username === undefined || password === undefined
        ? undefined
        : { mechanism, username, password },
    tls:
      (values.tls ?? sslGiven !== undefined) ? { ca, certificate, key, passphrase, serverName } : undefined,
  };
};

/** The Kafka cluster, or `undefined` where no brokers are set. Refuses logins and certificates that are half set. */
export const kafkaSettings = settingsGroup(kafkaRows, (values, given) => ({
  value: compileKafka(values, given),
  problems: [
    ...missingPartners(given),
    ...(given.brokers === undefined ? withoutBrokers(values, given) : []),
  ],
}));
