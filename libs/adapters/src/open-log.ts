import type { LogConnection } from '@kaizen-trace/ports';
import { hostAndPort, type KafkaSettings, type LogSettings } from '@kaizen-trace/settings';

/** How to open the log, beside what the settings say. */
export interface LogOptions {
  /** What the log's own client has to say. */
  readonly report?: (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void;
  /** Whether an embedded log may be made where there is none; true by default. */
  readonly create?: boolean;
}

/** The embedded log reckons with numbers: a century stands for ever. */
const century = 36_525 * 86_400_000;

// Each adapter is loaded only where it is used: the one needs a native module, the other takes its time to load.
const openEmbedded = async (settings: LogSettings, { create = true }: LogOptions): Promise<LogConnection> => {
  const { openEmbeddedLog } = await import('@kaizen-trace/adapter-embedded');
  return openEmbeddedLog({
    directory: settings.dataDirectory,
    create,
    retentionMs: Math.min(settings.retentionMs, century),
    ...(settings.partitionsExplicit ? { partitions: settings.partitions } : {}),
  });
};

const tlsOptions = (tls: NonNullable<KafkaSettings['tls']>) => ({
  ...(tls.ca === undefined ? {} : { ca: tls.ca }),
  ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
  ...(tls.key === undefined ? {} : { key: tls.key }),
  ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
  ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
});

const openKafka = async (
  settings: LogSettings,
  kafka: KafkaSettings,
  { report }: LogOptions,
): Promise<LogConnection> => {
  const { brokers, clientId, sasl, tls } = kafka;
  const { openKafkaLog } = await import('@kaizen-trace/adapter-kafka');
  return openKafkaLog({
    brokers: brokers.map((broker) => hostAndPort.show(broker)),
    clientId,
    ssl: tls === undefined ? false : tlsOptions(tls),
    ...(sasl === undefined ? {} : { sasl }),
    topicPrefix: settings.topicPrefix,
    stateDirectory: settings.stateDirectory,
    partitions: settings.partitions,
    retentionMs: settings.retentionMs === Infinity ? -1 : settings.retentionMs,
    ...(report === undefined ? {} : { log: report }),
  });
};

/**
 * Opens the log that the settings name: Kafka where brokers are set, else the embedded log in the data directory.
 *
 * @throws the adapter's own errors, whose codes begin with KAIZEN_ and whose messages name the remedy.
 */
export const openLog = (settings: LogSettings, options: LogOptions = {}): Promise<LogConnection> =>
  settings.kafka === undefined
    ? openEmbedded(settings, options)
    : openKafka(settings, settings.kafka, options);
