import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@kaizen-trace/testkit';
import { remove } from './packed-project.js';
import { startService } from './run-process.js';

/** What takes events on Kafka and brings their spans to a Jaeger: a gateway, an assembler and an exporter. */
export interface EventPipeline {
  /** What an agent needs to reach it, over HTTP or over Kafka. */
  readonly env: Readonly<Record<string, string>>;
  readonly end: () => Promise<void>;
}

/** Starts the built services, with topics of their own. */
export const startPipeline = async (
  brokers: readonly string[],
  otlpEndpoint: string,
): Promise<EventPipeline> => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-pipeline-'));
  const [port = 0] = await freePorts(1);
  const [host = '', otlpPort = ''] = otlpEndpoint.split(':');
  const kafka = {
    KAFKA_BROKERS: brokers.join(','),
    KAIZEN_TOPIC_PREFIX: `agent-${process.pid}-${Date.now()}.`,
    KAIZEN_PARTITIONS: '3',
  };
  const env = {
    ...kafka,
    KAIZEN_STATE_DIR: join(folder, 'state'),
    KAIZEN_GATEWAY_PORT: String(port),
    KAIZEN_ASSEMBLER_PORT: '0',
    KAIZEN_EXPORTER_PORT: '0',
    JAEGER_HOST: host,
    JAEGER_PORT: otlpPort,
  };
  const services = ['gateway', 'span-assembler', 'span-exporter'].map((name) =>
    startService(`apps/${name}/dist/main.js`, env),
  );
  await Promise.all(
    services.map((service) => service.says(/taking events|is running|exporting the span log/)),
  );
  return {
    env: { ...kafka, KAIZEN_GATEWAY_URL: `http://127.0.0.1:${port}` },
    end: async () => {
      await Promise.all(services.map((service) => service.end()));
      await remove(folder);
    },
  };
};
