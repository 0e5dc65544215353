import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, type RealJaeger, type RealKafka } from '@kaizen-trace/testkit';
import { openBrowser, type WatchingBrowser } from './browser.js';
import { endProgram, startProgram } from './processes.js';
import type { Shown } from './stage.js';

/** The stack of a team, each service a process of its own, and a browser that looks at its console. */
export interface ScaledStage extends Required<Shown>, Pick<WatchingBrowser, 'newPage' | 'closePages'> {
  /** What says where the event log is. */
  readonly log: Readonly<Record<string, string>>;
  /** Starts another console with these variables, and gives its address. */
  startConsole(more: Readonly<Record<string, string>>): Promise<string>;
  end(): Promise<void>;
}

interface Real {
  readonly kafka: RealKafka;
  readonly jaeger: RealJaeger;
}

type Variables = Readonly<Record<string, string>>;

const logOf = ({ kafka }: Real): Variables => {
  const run = randomBytes(3).toString('hex');
  return {
    KAFKA_BROKERS: kafka.brokers.join(','),
    KAIZEN_TOPIC_PREFIX: `console-${run}.`,
    KAIZEN_GROUP: `console-${run}`,
    KAIZEN_PARTITIONS: '3',
  };
};

/** Programs with these variables, which all end together. */
const openPrograms = (env: Variables) => {
  const running: Awaited<ReturnType<typeof startProgram>>[] = [];
  return {
    start: async (program: string, ready: string, more: Variables = {}): Promise<void> => {
      running.push(await startProgram({ program, env: { ...env, ...more }, ready }));
    },
    end: () => Promise.all(running.map(endProgram)),
  };
};

/** Starts gateway, assembler, exporter and console over a real Kafka and a real Jaeger; the gateway wants a key. */
export const openScaledStage = async (real: Real): Promise<ScaledStage> => {
  const folder = mkdtempSync(join(tmpdir(), 'kaizen-console-'));
  const key = randomBytes(12).toString('hex');
  const [gatewayPort = '', assembler = '', exporter = ''] = (await freePorts(3)).map(String);
  const gateway = `http://127.0.0.1:${gatewayPort}`;
  const log = logOf(real);
  const { start, end } = openPrograms({
    ...log,
    KAIZEN_GATEWAY_PORT: gatewayPort,
    KAIZEN_ASSEMBLER_PORT: assembler,
    KAIZEN_EXPORTER_PORT: exporter,
    KAIZEN_STATE_DIR: join(folder, 'state'),
    KAIZEN_REORDER_GRACE: '1s',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${real.jaeger.otlpEndpoint}`,
    KAIZEN_API_KEYS: key,
    KAIZEN_GATEWAY_URL: gateway,
    JAEGER_QUERY_URL: real.jaeger.queryUrl,
  });
  const startConsole = async (more: Variables): Promise<string> => {
    const [port = 0] = await freePorts(1);
    const own = { KAIZEN_CONSOLE_PORT: String(port), ...more };
    await start('apps/trace-store/dist/console/main.js', 'listening', own);
    return `http://localhost:${String(port)}`;
  };
  await start('apps/gateway/dist/main.js', 'taking events');
  await start('apps/span-assembler/dist/main.js', 'is running');
  await start('apps/span-exporter/dist/main.js', 'exporting the span log');
  const url = await startConsole({});
  const browser = await openBrowser(url);
  return {
    url,
    gateway,
    key,
    log,
    newPage: (options) => browser.newPage(options),
    closePages: () => browser.closePages(),
    startConsole,
    end: async () => {
      await browser.close();
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
